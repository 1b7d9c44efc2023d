"""The sync keeps every engine equal to the table, and moves the watermark only when the engine has done its work."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.access.audience import Audience
from core.db.session import SessionFactory, transaction
from core.errors import AutomartError
from core.search import SearchEngine, SearchQuery
from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from core.search.meilisearch.key_making import wanted_keys
from pipelines.search.audit import index_report
from pipelines.search.rebuild import RebuildLimits, rebuild_index, rollback_index
from pipelines.search.sync import sync_index
from pipelines.search.write_listings import SyncResult
from tests.factories.listings import add_listing, change_listing
from tests.meilisearch_server.running import running


def sync(factory: SessionFactory, index: SearchEngine) -> SyncResult:
    with transaction(factory) as session:
        return sync_index(session, index)


def found(index: SearchEngine) -> set[Any]:
    return set(index.search(SearchQuery(limit=100), Audience.anonymous()).ids)


def watermarks(factory: SessionFactory) -> list[Any]:
    with transaction(factory) as session:
        rows = session.execute(text("SELECT CAST(o AS text) FROM outbox_offsets o ORDER BY 1"))
        return [tuple(row) for row in rows]


def test_index_follows_the_table_through_rebuilds_and_back(
    session_factory: SessionFactory, index: SearchEngine
) -> None:
    with transaction(session_factory) as session:
        first, second = add_listing(session), add_listing(session)
    assert sync(session_factory, index).rebuilt
    with transaction(session_factory) as session:
        change_listing(session, first, status="withdrawn")
        third = add_listing(session, make="Honda", model="Civic")
    assert sync(session_factory, index) == SyncResult(events=2, upserted=1, deleted=1, rebuilt=False)
    assert found(index) == {second, third}
    with transaction(session_factory) as session:
        assert rebuild_index(session, index).rebuilt
    with transaction(session_factory) as session:
        change_listing(session, third, status="withdrawn")
    sync(session_factory, index)
    with transaction(session_factory) as session:
        rollback_index(session, index)
    sync(session_factory, index)
    assert found(index) == {second}
    with transaction(session_factory) as session:
        report = index_report(session, index)
    assert (report.live, report.indexed, report.lag) == (1, 1, 0)


def test_index_that_shrank_is_refused_on_every_engine(session_factory: SessionFactory, index: SearchEngine) -> None:
    with transaction(session_factory) as session:
        for _ in range(30):
            add_listing(session)
    sync(session_factory, index)
    before = index.index_id()
    with transaction(session_factory) as session:
        session.execute(text("DELETE FROM listings"))
        session.execute(text("DELETE FROM outbox_events"))
    with transaction(session_factory) as session, pytest.raises(AutomartError) as caught:
        rebuild_index(session, index, RebuildLimits(always=5))
    assert caught.value.code == "index_shrank"
    assert (index.index_id(), index.document_count()) == (before, 30)


@pytest.mark.parametrize("code", ["invalid_document_fields", "no_space_left_on_device"])
def test_failed_task_leaves_the_watermark_and_the_next_sync_sends_again(
    session_factory: SessionFactory, tmp_path: Path, code: str
) -> None:
    with running() as server:
        index = MeilisearchEngine(MeilisearchServer(server.url, None, task_seconds=0.5), "cars", tmp_path / "lock")
        with transaction(session_factory) as session:
            first = add_listing(session)
        sync(session_factory, index)
        before = watermarks(session_factory)
        with transaction(session_factory) as session:
            second = add_listing(session)
        server.routes.tasks.fail_next("documentAdditionOrUpdate", code)
        with pytest.raises(AutomartError, match="asked for"):
            sync(session_factory, index)
        assert (watermarks(session_factory), found(index)) == (before, {first})
        server.routes.tasks.hold()
        with pytest.raises(AutomartError, match="has not finished"):
            sync(session_factory, index)
        assert watermarks(session_factory) == before
        server.routes.tasks.go_on()
        assert sync(session_factory, index) == SyncResult(events=1, upserted=1, deleted=0, rebuilt=False)
        assert found(index) == {first, second}


@pytest.mark.parametrize("lacking", ["documents.get", "indexes.get"])
def test_rebuild_names_the_actions_that_the_key_lacks_whatever_it_reads_first(
    session_factory: SessionFactory, tmp_path: Path, lacking: str
) -> None:
    actions = ["search", "documents.add", "documents.delete", "indexes.create", "indexes.delete", "indexes.swap",
               "settings.*", "tasks.get", "stats.get", "documents.get", "indexes.get"]  # fmt: skip
    actions.remove(lacking)
    with running("a-master-key-of-the-tests") as server:
        key = server.routes.keys.make(wanted_keys("listings")[0] | {"actions": actions})["key"]
        index = MeilisearchEngine(MeilisearchServer(server.url, key), "listings", tmp_path / "lock")
        with transaction(session_factory) as session, pytest.raises(AutomartError, match=f"actions {lacking}\\."):
            rebuild_index(session, index)
