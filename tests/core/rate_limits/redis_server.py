"""A real Redis or Valkey on a loopback port, where its program is on the PATH."""

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PROGRAMS = ("valkey-server", "redis-server")
MISSING = f"no {' or '.join(PROGRAMS)} on the PATH"
_SETTINGS = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no")


@dataclass
class RedisServer:
    """It can be stopped, started again on the same port, and frozen as a machine that hangs is."""

    program: str
    port: int
    _running: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = (self.program, "--port", str(self.port), *_SETTINGS)
        self._running = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._running.stdout is not None
        for line in self._running.stdout:
            if b"eady to accept connections" in line:
                return
        raise AssertionError(f"{self.program} did not start")

    def stop(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.communicate()
            self._running = None

    def freeze(self) -> None:
        assert self._running is not None
        self._running.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._running is not None
        self._running.send_signal(signal.SIGCONT)


def find_program() -> str | None:
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def running(program: str) -> Iterator[RedisServer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = RedisServer(program, port)
    server.start()
    try:
        yield server
    finally:
        server.stop()
