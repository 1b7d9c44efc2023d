"""`automart work` for real: it follows the listings, is seen by readiness, and ends in order."""

import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from core.access.audience import Audience
from core.db.session import SessionFactory, transaction
from core.search import SearchQuery, open_search_engine
from core.settings import Settings, child_environment
from serving.health.service import background_loops
from tests import waiting
from tests.factories.listings import add_listing

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


until = partial(waiting.until, seconds=120)


LOOPS = ["search.alerts", "search.follow", "search.tell_alerts"]


def live(factory: SessionFactory) -> list[str]:
    return [loop.name for loop in background_loops(factory) if loop.live]


def test_work_keeps_the_index_level_and_leaves_its_loops_when_it_is_stopped(
    settings: Settings, session_factory: SessionFactory
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "work", "--only", "search"],
        env=child_environment(settings), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        until(lambda: live(session_factory) == LOOPS)
        with transaction(session_factory) as session:
            add_listing(session, model="Yaris", title="Toyota Yaris")
        index = open_search_engine(settings)
        until(
            lambda: index.index_id() is not None and index.search(SearchQuery("yaris"), Audience.anonymous()).total == 1
        )
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out) == (0, b"")
    assert (
        err.decode() == "Loops: search.follow, search.vectors, search.alerts, search.tell_alerts. Ctrl-C stops them.\n"
    )
    assert live(session_factory) == []


def test_loops_that_do_not_exist_are_named(settings: Settings) -> None:
    command = [sys.executable, "-m", "cli", "work", "--only", "nothing"]
    done = subprocess.run(command, env=child_environment(settings), cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"(unknown_loop): There is no loop or domain nothing; there are " in done.stderr
    assert f"search, {', '.join(LOOPS)}, ".encode() in done.stderr
    assert b"Traceback" not in done.stderr
