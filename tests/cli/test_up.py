"""`automart up` for real: it answers, and neither Ctrl-C nor a kill leaves a process behind."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

from core.db.embedded import embedded_postgres
from core.settings import Settings, child_environment


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


def wait_for(port: int, path: str, process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if (code := status(port, path)) is not None:
            return code
        time.sleep(0.3)
    pytest.fail(f"nothing answered on {path}")


def until_loops_live(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with closing(connection), suppress(OSError, http.client.HTTPException, KeyError):
            connection.request("GET", "/readyz")
            loops = json.loads(connection.getresponse().read())["loops"]
            if [loop["name"] for loop in loops if loop["live"]] == ["search.follow"]:
                return
        time.sleep(0.3)
    pytest.fail("no process runs the loops")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_everything_that_was_started_ends_with_it(tmp_path: Path, ending: signal.Signals) -> None:
    api, dagster = free_port(), free_port()
    env = child_environment(Settings(automart_home=tmp_path / "home", api_port=api, dagster_port=dagster))
    env.pop("DATABASE_URL", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "up"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        assert wait_for(api, "/healthz", process) == 200
        assert wait_for(dagster, "/server_info", process) == 200
        until_loops_live(api)
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        family += [each for each in psutil.process_iter() if _serves(each, tmp_path)]
        assert len(family) > 4
        process.send_signal(ending)
        assert process.wait(timeout=60) == (0 if ending == signal.SIGINT else -signal.SIGKILL)
        _, alive = psutil.wait_procs(family, timeout=30)
        left = [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]
        if ending == signal.SIGKILL:  # the last user of the database stops it; killed, we could not
            left = [each for each in left if each.name() != "postgres"]
        assert left == []
    finally:
        process.kill()
        process.wait()
        with embedded_postgres(tmp_path / "home" / "postgres"):
            pass  # whoever leaves last stops the server: nothing is left running


def _serves(process: psutil.Process, home: Path) -> bool:
    """Whether it is the embedded PostgreSQL of this home, which leaves our process tree."""
    with suppress(psutil.Error):
        return str(home) in " ".join(process.cmdline())
    return False
