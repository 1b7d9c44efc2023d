"""`automart up` for real: it answers, and neither Ctrl-C nor a kill leaves a process behind."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

from core.db.embedded import embedded_postgres
from core.settings import Settings, child_environment
from tests.ready_database import READY_DATABASE

pytestmark = pytest.mark.slow


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        return connection.getresponse().status
    return None


class Up:
    """`automart up` on a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home, self.api, self.dagster = home, free_port(), free_port()
        READY_DATABASE.lay(home)
        env = child_environment(Settings(automart_home=home, api_port=self.api, dagster_port=self.dagster))
        env.pop("DATABASE_URL", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli", "up"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait_for(self, port: int, path: str) -> int:
        deadline = time.monotonic() + 200
        while time.monotonic() < deadline and self.process.poll() is None:
            if (code := status(port, path)) is not None:
                return code
            time.sleep(0.1)
        pytest.fail(f"nothing answered on {path}")

    def wait_for_loops(self) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", self.api, timeout=5)
            with closing(connection), suppress(OSError, http.client.HTTPException, KeyError):
                connection.request("GET", "/readyz")
                loops = json.loads(connection.getresponse().read())["loops"]
                if loops and all(loop["live"] for loop in loops):
                    return
            time.sleep(0.3)
        pytest.fail("no process runs the loops")

    def family(self) -> list[psutil.Process]:
        """All that it started; the embedded PostgreSQL has left its process tree."""
        process = psutil.Process(self.process.pid)
        return [process, *process.children(recursive=True), *filter(self._serves, psutil.process_iter())]

    def _serves(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error):
            return str(self.home) in " ".join(process.cmdline())
        return False

    def clean(self) -> None:
        self.process.kill()
        self.process.wait()
        with embedded_postgres(self.home / "postgres"):
            pass  # whoever leaves last stops the server: nothing is left running


@pytest.fixture(scope="module")
def ups() -> Iterator[dict[signal.Signals, Up]]:
    """One for each ending; they start side by side, since most of a start is waiting."""
    with tempfile.TemporaryDirectory(prefix="automart-", ignore_cleanup_errors=True) as name:
        started = {ending: Up(Path(name) / ending.name) for ending in (signal.SIGINT, signal.SIGKILL)}
        try:
            yield started
        finally:
            for each in started.values():
                each.clean()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_everything_that_was_started_ends_with_it(ups: dict[signal.Signals, Up], ending: signal.Signals) -> None:
    up = ups[ending]
    assert up.wait_for(up.api, "/healthz") == 200
    assert up.wait_for(up.dagster, "/server_info") == 200
    up.wait_for_loops()
    family = up.family()
    assert len(family) > 4
    up.process.send_signal(ending)
    assert up.process.wait(timeout=60) == (0 if ending == signal.SIGINT else -signal.SIGKILL)
    _, alive = psutil.wait_procs(family, timeout=30)
    left = [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]
    if ending == signal.SIGKILL:  # the last user of the database stops it; killed, we could not
        left = [each for each in left if each.name() != "postgres"]
    assert left == []
