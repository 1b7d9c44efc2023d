"""While a release rolls out, old and new code stand side by side, each with an index and a watermark of its own."""

from pathlib import Path

import pytest

from core.access.audience import Audience
from core.db.session import SessionFactory, transaction
from core.search import SearchEngine, SearchQuery
from core.search.meilisearch import MeilisearchServer
from pipelines.search.sync import sync_index
from pipelines.search.write_listings import SyncResult
from tests.conformance.conftest import reachable_engine
from tests.factories.listings import add_listing


def found(index: SearchEngine) -> int:
    return index.search(SearchQuery("corolla"), Audience.anonymous()).total


@pytest.mark.parametrize("kind", ["tantivy", "meilisearch"])
def test_old_and_new_code_fill_and_answer_beside_each_other(
    kind: str, session_factory: SessionFactory, tmp_path: Path, meilisearch: MeilisearchServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def sync(index: SearchEngine) -> SyncResult:
        with transaction(session_factory) as session:
            return sync_index(session, index)

    def add() -> None:
        with transaction(session_factory) as session:
            add_listing(session)

    add()
    with reachable_engine(kind, tmp_path, meilisearch) as reachable:
        with monkeypatch.context() as before:
            before.setattr(f"core.search.{kind}.engine.SCHEMA_VERSION", 1)
            old = reachable.again()
        assert sync(old).rebuilt
        new = reachable.again()
        assert new.index_id() is None
        assert sync(new).rebuilt  # the first start of the new code, while the old one answers
        add()
        assert (sync(old).rebuilt, sync(new).rebuilt) == (False, False)
        assert (found(old), found(new)) == (2, 2)
        with new.rebuilding() as batch:
            batch.delete([])
        assert (new.document_count(), found(old)) == (0, 2)
        new.rollback()
        assert found(new) == 2  # and back: the old code was never without its index
