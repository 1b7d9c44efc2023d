"""The processes that `automart up` starts, and the promise that every one of them ends with it."""

import http.client
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from core.errors import RetryableError
from core.settings import Settings, child_environment

_GRACE_SECONDS = 15


@dataclass
class Service:
    """One started process: its name, the address that people open, and where it writes its log."""

    name: str
    host: str
    port: int
    health: str
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)


def start(
    name: str, command: list[str], *, host: str, port: int, health: str, cwd: Path, settings: Settings
) -> Service:
    """Start a Python module in a session of its own: Ctrl-C reaches only us, and we end it in order.

    `health` is the path that answers below 400 once the service is ready; the log stands under `home/logs`.
    """
    log = settings.home / "logs" / f"{name.lower() if command[0] == 'cli' else command[0]}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*_ending_with_us(), sys.executable, "-m", *command],
            env=child_environment(settings),
            stdout=sink,
            stderr=sink,
            cwd=cwd,
            start_new_session=True,
        )
    return Service(name, host, port, health, log, process)


def _ending_with_us() -> list[str]:
    """A prefix by which the kernel interrupts the service when we are killed and cannot stop it ourselves."""
    setpriv = shutil.which("setpriv")  # of util-linux; every Debian has it
    return [setpriv, "--pdeathsig", "INT"] if setpriv else []


def wait_until_ready(service: Service, seconds: float = 90) -> None:
    """Wait until the service answers.

    Raises:
        RetryableError: it ended or did not answer in time; the message names its log.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if service.process.poll() is not None:
            break
        if _answers(service):
            return
        time.sleep(0.3)
    raise RetryableError(f"{service.name} did not start; read {service.log}.", code="service_did_not_start")


def _answers(service: Service) -> bool:
    connection = http.client.HTTPConnection(service.host, service.port, timeout=2)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", service.health)
        return connection.getresponse().status < 400
    return False


@contextmanager
def until_interrupted() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into the same exit as Ctrl-C, and swallow that exit."""

    def leave(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def watch(services: list[Service]) -> None:
    """Return when one of the services has ended.

    Raises:
        RetryableError: always, then: services end only when something is wrong or when we are interrupted.
    """
    while True:
        for service in services:
            if service.process.poll() is not None:
                raise RetryableError(f"{service.name} ended by itself; read {service.log}.", code="service_ended")
        time.sleep(0.5)


def stop_all(services: list[Service]) -> None:
    """End the services and everything that they started, gently first. An impatient second Ctrl-C changes nothing."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _stop(services)
    finally:
        signal.signal(signal.SIGINT, before)


def _stop(services: list[Service]) -> None:
    family: list[psutil.Process] = []
    for service in services:
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(service.process.pid)
            family += [parent, *parent.children(recursive=True)]
    for service in services:
        with suppress(ProcessLookupError):
            service.process.send_signal(signal.SIGINT)  # dagster stops its children on SIGINT
    _, alive = psutil.wait_procs(family, timeout=_GRACE_SECONDS)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
