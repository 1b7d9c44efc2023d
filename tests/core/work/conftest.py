"""Workers in threads, with short leases."""

import threading
from collections.abc import Callable, Iterator

import pytest

from core.db.session import SessionFactory
from core.platform import Platform
from core.settings import Settings
from core.storage import Storage
from core.work.loop import Loop, Turn
from core.work.worker import Worker

LEASE = 1.0
RunWorker = Callable[..., threading.Event]


@pytest.fixture
def platform(settings: Settings, session_factory: SessionFactory, storage: Storage) -> Platform:
    return Platform(settings, session_factory, storage)


@pytest.fixture
def run_worker(platform: Platform) -> Iterator[RunWorker]:
    """Start a worker with these loops in a thread; the event stops it. All are stopped at the end."""
    started: list[tuple[threading.Thread, threading.Event]] = []

    def run(*loops: Loop) -> threading.Event:
        stop = threading.Event()
        thread = threading.Thread(target=Worker(platform, loops, stop).run, name="worker")
        started.append((thread, stop))
        thread.start()
        return stop

    yield run
    for _, stop in started:
        stop.set()
    for thread, _ in started:
        thread.join(60)
        assert not thread.is_alive()


def loop(name: str, turn: Callable[[Turn], bool], **changes: float) -> Loop:
    """A loop of one function, with a short lease."""
    return Loop(name, lambda _: turn, **{"pause_seconds": 0.02, "lease_seconds": LEASE, **changes})
