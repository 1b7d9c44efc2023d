"""Servers of the benchmarks, each a process of its own: the platform's API, or an empty application beside it.

A module whose `main` calls `serve` is such a server: python -m MODULE ours|empty PORT HOME DATABASE_URL
"""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from fastapi import FastAPI

from api.app import create_app
from api.server import make_server, run
from core.db.logins import login_settings
from core.security.platform_keys import new_key_settings
from core.settings import Settings

_SECONDS_TO_START = 240  # a busy machine has needed more than 60


def processor_seconds(pid: int) -> float:
    """The processor time that a process has taken so far."""
    spent = psutil.Process(pid).cpu_times()
    return float(spent.user + spent.system)


def serve(empty_app: Callable[[], FastAPI]) -> None:
    """Serve what the command line names; both applications are started alike."""
    kind, port, home, url = sys.argv[1:]
    settings = Settings(
        automart_home=Path(home), **login_settings(url), storage_url=None, meili_url=None, **new_key_settings()
    )
    app = create_app(settings) if kind == "ours" else empty_app()
    run(make_server(settings, app, host="127.0.0.1", port=int(port), log_level="error", access_log=False))


@contextmanager
def served(module: str, kind: str, home: Path, url: str) -> Iterator[int]:
    """Run the server of a module on a free port, from when it answers until the block ends."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", module, kind, str(port), str(home), url])
    try:
        deadline = time.monotonic() + _SECONDS_TO_START
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"The server {module} {kind} did not come up.")
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Find a port of loopback that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
