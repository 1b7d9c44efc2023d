"""The follower: a commit is found without anybody asking for it, also after trouble."""

import logging
import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text

from core.access.audience import Audience
from core.db.session import SessionFactory, transaction
from core.outbox import follow as outbox_follow
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.platform import Platform
from core.search import SearchEngine, SearchQuery, open_search_engine
from core.settings import Settings
from core.storage import Storage
from core.work.worker import Worker
from pipelines.search import follow, sync
from pipelines.search.loops import FOLLOW
from pipelines.search.write_listings import SyncResult
from tests.factories.listings import add_listing, change_listing
from tests.waiting import until


@pytest.fixture
def index(settings: Settings) -> SearchEngine:
    return open_search_engine(settings)


@pytest.fixture
def heard(session_factory: SessionFactory, settings: Settings, storage: Storage) -> Iterator[list[SyncResult]]:
    """The follower as a loop of a worker, and what it told."""
    stop, told = threading.Event(), list[SyncResult]()
    loop = replace(FOLLOW, start=lambda platform: follow.following_index(platform, told.append))
    worker = Worker(Platform(settings, session_factory, storage), [loop], stop)
    thread = threading.Thread(target=worker.run, name="worker")
    thread.start()
    yield told
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def hits(index: SearchEngine, words: str) -> int:
    return index.search(SearchQuery(words), Audience.anonymous()).total if index.index_id() else 0


@pytest.mark.slow
def test_commits_become_searchable_while_a_slow_transaction_runs(
    session_factory: SessionFactory, index: SearchEngine, heard: list[SyncResult]
) -> None:
    until(lambda: len(heard) == 1)
    assert heard[0].rebuilt
    with session_factory() as slow, slow.begin():
        add_listing(slow, model="Prado")
        with transaction(session_factory) as session:
            car = add_listing(session, org="other-dealer", model="Yaris")
        until(lambda: hits(index, "yaris") == 1)
        assert hits(index, "prado") == 0
        with transaction(session_factory) as session:
            change_listing(session, car, status="withdrawn")
        until(lambda: hits(index, "yaris") == 0)
    until(lambda: hits(index, "prado") == 1)
    until(lambda: len(heard) == 4)  # a sync is told of after its watermark is committed, so after it can be seen
    assert [result.events for result in heard[1:]] == [1, 1, 1]  # nothing is sent twice, nothing tells of idleness


@pytest.mark.slow
def test_follower_outlives_a_failure(
    session_factory: SessionFactory, index: SearchEngine, heard: list[SyncResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    until(lambda: len(heard) == 1)
    failed = threading.Event()

    def broken(*_: object) -> SyncResult:
        failed.set()
        raise ValueError("No space left on device")  # as the engine says it

    monkeypatch.setattr(follow, "sync_index", broken)
    assert failed.wait(30)
    monkeypatch.setattr(follow, "sync_index", sync.sync_index)
    with transaction(session_factory) as session:
        add_listing(session, model="Yaris")
    until(lambda: hits(index, "yaris") == 1)


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process can grow, as when the disk is full; sockets and other processes can."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


@pytest.mark.slow
def test_follower_goes_on_after_the_disk_was_full(
    session_factory: SessionFactory, index: SearchEngine, heard: list[SyncResult], caplog: pytest.LogCaptureFixture
) -> None:
    until(lambda: len(heard) == 1)
    with full_disk():
        with transaction(session_factory) as session:
            add_listing(session, model="Yaris")
        until(lambda: _complaints(caplog) != [])
        time.sleep(0.1)
    until(lambda: hits(index, "yaris") == 1)
    assert len(_complaints(caplog)) == 1  # told once, however often it was tried


@pytest.mark.parametrize("unexpected", [ValueError("a bug"), MemoryError(), AssertionError("another")])
@pytest.mark.slow
def test_follower_goes_on_after_an_unexpected_error(
    session_factory: SessionFactory,
    index: SearchEngine,
    heard: list[SyncResult],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    unexpected: Exception,
) -> None:
    until(lambda: len(heard) == 1)

    def broken(*_: object) -> SyncResult:
        raise unexpected

    monkeypatch.setattr(follow, "sync_index", broken)
    until(lambda: _complaints(caplog) != [])
    monkeypatch.setattr(follow, "sync_index", sync.sync_index)
    with transaction(session_factory) as session:
        add_listing(session, model="Yaris")
    until(lambda: hits(index, "yaris") == 1)
    [record] = _complaints(caplog)
    assert record.exc_info is not None  # an error that was not foreseen is logged with its traceback


def _complaints(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "core.work.worker"]


def test_events_of_topics_that_search_does_not_follow_are_passed_over_for_good(
    session_factory: SessionFactory, index: SearchEngine, heard: list[SyncResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or every look would go through all of them again."""
    monkeypatch.setattr(outbox_follow, "_MOVE_SECONDS", 0.0)
    until(lambda: len(heard) == 1)
    with transaction(session_factory) as session:
        emit(session, "lead", NewEvent(UUID(int=7), "sent"))

    def passed_over() -> bool:
        with session_factory() as session:
            seen = "SELECT bool_and(pg_visible_in_snapshot(e.xid, o.snapshot)) FROM outbox_events e, outbox_offsets o"
            return bool(session.scalar(text(seen)))

    until(passed_over)
    assert len(heard) == 1


def test_lock_is_held_until_the_watermark_is_committed(session_factory: SessionFactory, index: SearchEngine) -> None:
    with session_factory() as first, first.begin():
        sync.sync_index(first, index)
        waiting = threading.Thread(target=_sync, args=(session_factory, index))
        waiting.start()
        with session_factory() as observer:
            until(lambda: bool(observer.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))))
        present = index.index_id()
    waiting.join(30)
    assert index.index_id() == present  # the second one found the first one's watermark


def _sync(factory: SessionFactory, index: SearchEngine) -> None:
    with transaction(factory) as session:
        sync.sync_index(session, index)
