"""Events that every index has read leave the outbox; an index that is no longer synced does not hold them for ever."""

import pytest
from sqlalchemy import func, select, text

from core.db.session import SessionFactory, transaction
from core.db.tables import OutboxEvent, OutboxOffset
from core.outbox.consumers import declared_consumers
from core.outbox.trim import trim_outbox
from core.search import SearchEngine, open_search_engine
from core.settings import Settings
from pipelines.search.rebuild import rebuild_index
from pipelines.search.sync import sync_index
from pipelines.search.trim import forget_abandoned_indexes
from tests.factories.listings import add_listing


@pytest.fixture
def index(settings: Settings) -> SearchEngine:
    return open_search_engine(settings)


def trim(factory: SessionFactory, index: SearchEngine, days: int = 7) -> tuple[int, int]:
    with transaction(factory) as session:
        forgotten = forget_abandoned_indexes(session, index, days)
    # Other consumers hold back what they have not seen; here the indexes alone do.
    consumers = tuple(each for each in declared_consumers("pipelines") if each.name == "search")
    return trim_outbox(factory, consumers, days), forgotten


def sync(factory: SessionFactory, index: SearchEngine) -> None:
    with transaction(factory) as session:
        sync_index(session, index)


def add(factory: SessionFactory, *, days_ago: int = 8) -> None:
    with transaction(factory) as session:
        listing = add_listing(session)
        session.execute(
            text("UPDATE outbox_events SET created_at = now() - make_interval(days => :days) WHERE subject_id = :id"),
            {"days": days_ago, "id": listing},
        )


def count(factory: SessionFactory, what: type[OutboxEvent] | type[OutboxOffset]) -> int:
    with factory() as session:
        return session.scalar(select(func.count()).select_from(what)) or 0


def test_old_events_go_when_the_index_has_seen_them(session_factory: SessionFactory, index: SearchEngine) -> None:
    sync(session_factory, index)
    add(session_factory)
    add(session_factory, days_ago=6)
    assert trim(session_factory, index) == (0, 0)  # the index that answers here has not seen them
    sync(session_factory, index)
    assert trim(session_factory, index) == (1, 0)
    assert trim(session_factory, index) == (0, 0)
    assert count(session_factory, OutboxEvent) == 1


def test_search_that_never_ran_keeps_its_events(session_factory: SessionFactory, index: SearchEngine) -> None:
    add(session_factory)
    assert trim(session_factory, index) == (0, 0)
    sync(session_factory, index)
    assert trim(session_factory, index) == (1, 0)


def test_index_that_nobody_keeps_level_holds_nothing_for_ever(
    session_factory: SessionFactory, index: SearchEngine
) -> None:
    for _ in range(2):
        with transaction(session_factory) as session:
            rebuild_index(session, index)
    add(session_factory)
    sync(session_factory, index)
    assert trim(session_factory, index, days=30) == (0, 0)
    assert trim(session_factory, index) == (1, 1)  # the index kept for rollback is forgotten
    assert count(session_factory, OutboxOffset) == 1
