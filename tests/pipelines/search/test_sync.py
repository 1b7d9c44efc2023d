"""The index becomes what the table is, whatever happens on the way."""

import os
import shutil
import signal
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from core.access.audience import Audience
from core.db.session import SessionFactory, transaction
from core.db.tables import OutboxOffset
from core.search import ListingFilters, SearchEngine, SearchQuery, open_search_engine
from core.settings import Settings
from pipelines.search.audit import IndexReport, index_report
from pipelines.search.sync import sync_index
from pipelines.search.write_listings import SyncResult
from tests.factories.listings import add_listing, add_many, change_listing
from tests.torture.sweep import LONGEST_WAIT, Worker

ANYONE = Audience.anonymous()


@pytest.fixture
def index(settings: Settings) -> SearchEngine:
    return open_search_engine(settings)


def sync(factory: SessionFactory, index: SearchEngine) -> SyncResult:
    with transaction(factory) as session:
        return sync_index(session, index)


def report(factory: SessionFactory, index: SearchEngine) -> IndexReport:
    with transaction(factory) as session:
        return index_report(session, index)


def add(factory: SessionFactory, **columns: object) -> UUID:
    with transaction(factory) as session:
        return add_listing(session, **columns)


def found(index: SearchEngine, text: str = "") -> list[UUID]:
    return index.search(SearchQuery(text, limit=100), ANYONE).ids


def test_changes_arrive_each_listing_once_as_it_is_now(session_factory: SessionFactory, index: SearchEngine) -> None:
    car, other = add(session_factory), add(session_factory)
    assert sync(session_factory, index) == SyncResult(events=0, upserted=2, deleted=0, rebuilt=True)
    with transaction(session_factory) as session:
        change_listing(session, car, model="Yaris")
        change_listing(session, car, model="Aqua")
        change_listing(session, other, status="withdrawn")
    assert sync(session_factory, index) == SyncResult(events=3, upserted=1, deleted=1, rebuilt=False)
    assert found(index, "aqua") == found(index) == [car]
    assert sync(session_factory, index) == SyncResult(events=0, upserted=0, deleted=0, rebuilt=False)
    with transaction(session_factory) as session:
        change_listing(session, other, status="live")
    sync(session_factory, index)
    assert set(found(index)) == {car, other}
    assert report(session_factory, index) == IndexReport(2, 2, 2, 2, lag=0)


def test_listing_whose_transaction_commits_late_is_not_skipped(
    session_factory: SessionFactory, index: SearchEngine
) -> None:
    sync(session_factory, index)
    with session_factory() as slow, slow.begin():
        late = add_listing(slow)  # takes the smaller event id
        quick = add(session_factory, org="other-dealer")  # takes the larger one, and commits first
        sync(session_factory, index)
        assert found(index) == [quick]  # and it does not wait for the slow one either
        assert sync(session_factory, index).events == 0
    assert report(session_factory, index).lag == 1
    assert sync(session_factory, index).events == 1
    assert set(found(index)) == {late, quick}
    assert report(session_factory, index).lag == 0


def test_events_of_the_own_transaction_wait_for_the_next_sync(
    session_factory: SessionFactory, index: SearchEngine
) -> None:
    sync(session_factory, index)
    with transaction(session_factory) as session:
        car = add_listing(session)
        other = add(session_factory, org="other-dealer")
        sync_index(session, index)
        assert found(index) == [other]
    sync(session_factory, index)
    assert set(found(index)) == {car, other}
    assert report(session_factory, index).lag == 0


def test_listing_that_commits_during_a_rebuild_is_not_skipped(
    session_factory: SessionFactory, index: SearchEngine
) -> None:
    with session_factory() as slow, slow.begin():
        late = add_listing(slow)
        sync(session_factory, index)  # builds the index without it
        assert found(index) == []
    assert report(session_factory, index).lag == 1
    assert sync(session_factory, index).upserted == 1
    assert found(index) == [late]


def test_watermark_that_was_not_committed_only_repeats_work(
    session_factory: SessionFactory, index: SearchEngine
) -> None:
    sync(session_factory, index)
    car = add(session_factory)
    with session_factory() as session:
        assert sync_index(session, index).upserted == 1  # the process dies before its commit
    with transaction(session_factory) as session:
        change_listing(session, car, status="withdrawn")
    assert sync(session_factory, index) == SyncResult(events=2, upserted=0, deleted=1, rebuilt=False)
    assert report(session_factory, index) == IndexReport(0, 0, 0, 0, lag=0)


def test_row_that_is_changed_by_sql_alone_reaches_the_index(
    session_factory: SessionFactory, index: SearchEngine
) -> None:
    car = add(session_factory)
    sync(session_factory, index)
    with transaction(session_factory) as session:
        session.execute(text("UPDATE listings SET make = 'Zotye', title = 'x' WHERE id = :car"), {"car": car})
    assert sync(session_factory, index).upserted == 1
    page = index.search(SearchQuery(filters=ListingFilters(make=("zotye",))), Audience.anonymous())
    assert page.ids == [car]


@pytest.mark.parametrize("loss", ["folder deleted", "watermark deleted", "index damaged"])
def test_lost_index_is_rebuilt_by_the_next_sync(
    session_factory: SessionFactory, index: SearchEngine, settings: Settings, loss: str
) -> None:
    car = add(session_factory)
    sync(session_factory, index)
    if loss == "folder deleted":
        shutil.rmtree(settings.index_dir)
    elif loss == "index damaged":
        for file in settings.index_dir.glob("*/*/meta.json"):
            file.write_text("{}")
    else:
        with transaction(session_factory) as session:
            session.query(OutboxOffset).delete()
    fresh = open_search_engine(settings)
    if loss != "watermark deleted":
        assert report(session_factory, fresh).indexed == 0
    assert sync(session_factory, fresh).rebuilt
    assert found(fresh) == found(index) == [car]
    assert report(session_factory, fresh).in_step


def test_report_tells_public_from_all_and_an_index_that_is_behind(
    session_factory: SessionFactory, index: SearchEngine
) -> None:
    assert report(session_factory, index) == IndexReport(0, 0, 0, 0, lag=0)
    add(session_factory)
    add(session_factory, visibility="private")
    add(session_factory, channels=["autotrader"])
    assert report(session_factory, index) == IndexReport(live=3, live_public=1, indexed=0, indexed_public=0, lag=3)
    sync(session_factory, index)
    behind = report(session_factory, index)
    assert behind == IndexReport(live=3, live_public=1, indexed=3, indexed_public=1, lag=0)
    assert behind.in_step


@pytest.mark.slow
def test_sync_that_is_killed_again_and_again_ends_equal_to_the_table(
    session_factory: SessionFactory, index: SearchEngine, settings: Settings, database_url: str, tmp_path: Path
) -> None:
    with transaction(session_factory) as session:
        add_many(session, 1500)
    module, log = "tests.pipelines.search.sync_worker", tmp_path / "worker.log"
    worker = Worker(settings.index_dir, database_url, log, module=module)
    try:
        for number in range(6):
            pid = worker.start("sync")
            assert worker.ended(0.01 + 0.05 * number) is None, worker.complaints()
            os.kill(pid, signal.SIGKILL)
            assert worker.ended(LONGEST_WAIT) == -signal.SIGKILL, worker.complaints()
            add(session_factory, model="Prado")
    finally:
        worker.close()
    sync(session_factory, index)
    assert report(session_factory, index) == IndexReport(1507, 1507, 1507, 1507, lag=0)
    assert len(found(index, "prado")) == 6
