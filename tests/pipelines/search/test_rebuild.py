"""A rebuild is unseen by those who search, refuses what cannot be trusted, and can be taken back."""

import threading
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, text

from core.access.audience import Audience
from core.db.session import SessionFactory, transaction
from core.db.tables import OutboxOffset
from core.errors import ConflictError
from core.search import SearchEngine, SearchQuery, open_search_engine
from core.search.tantivy.folder import IndexFolder
from core.settings import Settings
from pipelines.search.audit import index_report
from pipelines.search.rebuild import PUBLISHED, RebuildLimits, RollbackResult, rebuild_index, rollback_index
from pipelines.search.sync import sync_index
from pipelines.search.write_listings import SyncResult
from tests.factories.listings import CHANGES, add_listing, add_many, change_listing

ANYONE = Audience.anonymous()


@pytest.fixture
def index(settings: Settings) -> SearchEngine:
    return open_search_engine(settings)


def rebuild(factory: SessionFactory, index: SearchEngine, limits: RebuildLimits = PUBLISHED) -> SyncResult:
    with transaction(factory) as session:
        return rebuild_index(session, index, limits)


def sync(factory: SessionFactory, index: SearchEngine) -> SyncResult:
    with transaction(factory) as session:
        return sync_index(session, index)


def rollback(factory: SessionFactory, index: SearchEngine) -> RollbackResult:
    with transaction(factory) as session:
        return rollback_index(session, index)


def add(factory: SessionFactory, **columns: object) -> UUID:
    with transaction(factory) as session:
        return add_listing(session, **columns)


def found(index: SearchEngine, words: str = "") -> set[UUID]:
    return set(index.search(SearchQuery(words, limit=100), ANYONE).ids)


def fill(factory: SessionFactory, count: int) -> None:
    with transaction(factory) as session:
        add_many(session, count)


@pytest.mark.slow
def test_searches_see_one_whole_index_before_during_and_after_the_exchange(
    session_factory: SessionFactory, settings: Settings
) -> None:
    fill(session_factory, 600)
    writer = open_search_engine(settings)
    rebuild(session_factory, writer)
    done, wrong, looked = threading.Event(), [], []

    def search(reader: SearchEngine) -> None:
        try:
            while not done.is_set():
                page = reader.search(SearchQuery("corolla", limit=100), ANYONE)
                looked.append(page.total)
                assert reader.count(ANYONE) == 601
                assert len(page.ids) == min(100, page.total)
        except BaseException as error:
            wrong.append(error)

    readers = [threading.Thread(target=search, args=(open_search_engine(settings),)) for _ in range(2)]
    readers += [threading.Thread(target=search, args=(writer,))]
    for reader in readers:
        reader.start()
    seen = {writer.index_id()}
    for _ in range(5):
        rebuild(session_factory, writer)
        seen.add(writer.index_id())
        rollback(session_factory, writer)
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(seen) == 6
    assert len(looked) > 20
    assert len(set(looked)) == 1


def test_changes_that_commit_while_it_builds_are_in_the_new_index(
    session_factory: SessionFactory, index: SearchEngine
) -> None:
    gone, changed = add(session_factory), add(session_factory)
    came: list[UUID] = []

    def meanwhile(_: int) -> None:
        if came:
            return
        with transaction(session_factory) as session:
            change_listing(session, gone, status="withdrawn")
            change_listing(session, changed, model="Yaris", title="Toyota Yaris")
            came.append(add_listing(session, org="other-dealer", model="Prado"))

    with transaction(session_factory) as session:
        result = rebuild_index(session, index, progress=meanwhile)
    assert result == SyncResult(events=3, upserted=2, deleted=0, rebuilt=True)
    assert found(index) == {changed, *came}
    assert found(index, "yaris") == {changed}
    assert sync(session_factory, index).events == 0


@pytest.mark.slow
def test_index_that_shrank_is_refused_and_the_present_one_answers_on(
    session_factory: SessionFactory, index: SearchEngine
) -> None:
    fill(session_factory, 199)
    rebuild(session_factory, index)
    present = index.index_id()
    with transaction(session_factory) as session:  # no events: the table lost rows by another door
        session.execute(text("DELETE FROM listings WHERE source_key LIKE 'many-%' AND row_number > 158"))
        session.execute(text("DELETE FROM outbox_events"))
    with pytest.raises(ConflictError, match=r"159 listings and the present one 200.*--accept-shrink") as refused:
        rebuild(session_factory, index)
    assert refused.value.code == "index_shrank"
    assert (index.index_id(), index.count(ANYONE)) == (present, 200)
    add(session_factory, org="other-dealer")
    assert sync(session_factory, index).events == 1  # the present one is kept level meanwhile
    rebuild(session_factory, index, RebuildLimits(accept_shrink=True))
    assert index.count(ANYONE) == 160


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [(1000, 800, True), (1000, 799, False), (30, 10, True), (30, 9, False), (0, 0, True)],
)
def test_shrink_limit_is_the_greater_of_a_share_and_a_number(before: int, after: int, allowed: bool) -> None:
    assert PUBLISHED.allows(before, after) is allowed


@pytest.mark.parametrize("fault", ["lost documents", "other words", "other settings"])
def test_index_that_is_not_sound_never_answers(
    session_factory: SessionFactory, index: SearchEngine, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    for _ in range(3):
        add(session_factory)
    rebuild(session_factory, index)
    present = index.index_id()
    if fault == "lost documents":
        monkeypatch.setattr("core.search.tantivy.writer.TantivyBatch.upsert", lambda *_: None)
    elif fault == "other words":
        monkeypatch.setattr("core.search.document.ListingDocument.head_words", lambda _: ["nothing"])
        monkeypatch.setattr("core.search.document.ListingDocument.all_words", lambda _: ["nothing"])
    else:
        monkeypatch.setattr("core.search.tantivy.view.schema_problems", lambda _: ["The index has no field make."])
    with pytest.raises(ConflictError) as refused:
        rebuild(session_factory, index)
    assert refused.value.code == "index_not_sound"
    assert index.index_id() == present
    monkeypatch.undo()
    assert len(found(index)) == 3


def test_rollback_exchanges_two_indexes_with_their_watermarks(
    session_factory: SessionFactory, index: SearchEngine
) -> None:
    first = add(session_factory)
    rebuild(session_factory, index)
    with pytest.raises(ConflictError) as refused:
        rollback(session_factory, index)
    assert refused.value.code == "no_previous_index"
    old = index.index_id()
    second = add(session_factory)
    rebuild(session_factory, index)
    new = index.index_id()
    assert index.previous_id() == old != new
    assert rollback(session_factory, index) == RollbackResult(str(old), new, lag=1)
    assert found(index) == {first}
    assert sync(session_factory, index) == SyncResult(events=1, upserted=1, deleted=0, rebuilt=False)
    assert found(index) == {first, second}
    assert rollback(session_factory, index) == RollbackResult(str(new), old, lag=0)


def test_only_the_previous_index_is_kept_with_its_watermark(
    session_factory: SessionFactory, index: SearchEngine, settings: Settings
) -> None:
    add(session_factory)
    for _ in range(4):
        rebuild(session_factory, index)
    folders = [path.name for path in settings.index_dir.glob("*/*") if path.is_dir()]
    assert sorted(folders) == sorted([str(index.index_id()), str(index.previous_id())])
    with transaction(session_factory) as session:
        consumers = session.scalars(select(OutboxOffset.consumer)).all()
    assert sorted(consumers) == sorted(f"search:{name}" for name in folders)


def test_rollback_is_refused_where_the_outbox_lacks_missed_changes(
    session_factory: SessionFactory, index: SearchEngine
) -> None:
    for _ in range(2):
        add(session_factory)
        rebuild(session_factory, index)
    with transaction(session_factory) as session:
        session.execute(delete(OutboxOffset).where(OutboxOffset.consumer == f"search:{index.previous_id()}"))
    with pytest.raises(ConflictError) as refused:
        rollback(session_factory, index)
    assert refused.value.code == "previous_index_too_old"


def test_pointer_of_one_line_is_read_as_an_index_without_a_previous_one(tmp_path: Path) -> None:
    (tmp_path / "abc").mkdir()
    (tmp_path / "current").write_text("abc")
    folder = IndexFolder(tmp_path, lock_timeout=1)
    assert (folder.current(), folder.previous()) == ("abc", None)


def test_report_after_a_rebuild_is_in_step(session_factory: SessionFactory, index: SearchEngine) -> None:
    fill(session_factory, 50)
    rebuild(session_factory, index)
    with transaction(session_factory) as session:
        report = index_report(session, index)
        events = session.scalar(select(func.count()).select_from(CHANGES))
    assert (report.in_step, report.lag, events) == (True, 0, 51)
