"""The services of `automart up`: one that is slow or ends does not take the API down, and their logs outlive them."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cli.processes import services
from cli.processes.services import Program, Service, start, stop_all, watch
from core.errors import RetryableError
from core.settings import Settings

SERVES = """
import sys
from http.server import HTTPServer, SimpleHTTPRequestHandler
HTTPServer(("127.0.0.1", int(sys.argv[1])), SimpleHTTPRequestHandler).serve_forever()
"""
SERVES_WHEN_TOLD = f"import os, time\nwhile not os.path.exists('go'): time.sleep(0.05)\n{SERVES}"
NEVER_ANSWERS = "import time; time.sleep(600)"
ENDS = "import time; time.sleep(0.5)"


def service(name: str, program: str, folder: Path) -> Service:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(port)], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return Service(name, "127.0.0.1", port, "/", folder / f"{name}.log", process)


class Watched:
    """`watch` in a thread: what it reported, and how it ended."""

    def __init__(self, api: Service, ui: Service) -> None:
        self.reports: list[str] = []
        self.ended: RetryableError | None = None
        self._thread = threading.Thread(target=self._watch, args=(api, ui))
        self._thread.start()

    def _watch(self, api: Service, ui: Service) -> None:
        try:
            watch(api, [ui], self.reports.append)
        except RetryableError as error:
            self.ended = error

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, self.reports
            time.sleep(0.05)

    def join(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()


@contextmanager
def up(folder: Path, ui_program: str) -> Iterator[tuple[Service, Service, Watched]]:
    api, ui = service("API", SERVES, folder), service("Dagster UI", ui_program, folder)
    watched = Watched(api, ui)
    try:
        yield api, ui, watched
    finally:
        stop_all([ui, api])
        watched.join()
        for stopped in (ui, api):
            stopped.process.wait()


@pytest.mark.slow
def test_slow_ui_is_named_and_waited_for_while_the_api_stays_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "_SLOW_SECONDS", 0.1)
    with up(tmp_path, SERVES_WHEN_TOLD) as (api, ui, watched):
        watched.until(lambda: len(watched.reports) == 1)
        (tmp_path / "go").touch()
        watched.until(lambda: len(watched.reports) == 2)
        slow, ready = watched.reports
        assert slow == f"Dagster UI does not answer yet; read {ui.log}. API stays up."
        assert ui.address in ready
        assert api.process.poll() is None


@pytest.mark.slow
def test_ui_that_never_answers_is_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_SLOW_SECONDS", 0.1)
    with up(tmp_path, NEVER_ANSWERS) as (api, _, watched):
        watched.until(lambda: len(watched.reports) == 1)
        time.sleep(1.5)
        assert len(watched.reports) == 1
        assert api.process.poll() is None


@pytest.mark.slow
def test_ui_that_ends_is_named_with_its_log_while_the_api_stays_up(tmp_path: Path) -> None:
    with up(tmp_path, ENDS) as (api, ui, watched):
        watched.until(lambda: watched.reports != [])
        assert watched.reports == [f"Dagster UI ended by itself; read {ui.log}. API stays up."]
        assert api.process.poll() is None
        assert watched.ended is None


@pytest.mark.slow
def test_end_of_the_api_ends_the_watch(tmp_path: Path) -> None:
    with up(tmp_path, NEVER_ANSWERS) as (api, _, watched):
        api.process.kill()
        watched.join()
        assert watched.ended is not None
        assert watched.ended.code == "service_ended"
        assert str(api.log) in watched.ended.detail


def test_log_of_a_crash_survives_the_next_starts(settings: Settings) -> None:
    logs = settings.home / "logs"
    for number in range(7):
        command = ["timeit", "-n1", "-r1", f"print('start {number}')"]
        started = start(Program("API", command, "127.0.0.1", 1, "/"), settings, cwd=Path.cwd())
        started.process.wait()
    kept = {path.name: path.read_text().splitlines()[0] for path in logs.iterdir() if path.name != "timeit.log"}
    assert kept == {f"timeit.log.{number}": f"start {6 - number}" for number in range(1, 6)}
