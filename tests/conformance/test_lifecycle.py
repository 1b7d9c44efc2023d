"""Every engine changes whole, rebuilds without a gap, and goes back; another process sees it at once."""

import threading
from datetime import date
from uuid import uuid4

import pytest

from core.access.audience import Audience
from core.errors import ConflictError, InvalidInputError, RetryableError
from core.search import SearchEngine, SearchQuery, Sort
from tests.conformance.conftest import Reachable
from tests.core.search.conftest import document, ids

ANYONE = Audience.anonymous()


class StopError(Exception):
    """Something that goes wrong in a block."""


def test_without_an_index_there_is_no_id_and_searches_raise_retryable_errors(index: SearchEngine) -> None:
    assert (index.index_id(), index.previous_id()) == (None, None)
    for ask in (
        lambda: index.search(SearchQuery("corolla"), ANYONE),
        lambda: index.suggest("cor", ANYONE),
        lambda: index.count(ANYONE),
        index.document_count,
        index.settings_problems,
        lambda: index.updating().__enter__(),
    ):
        with pytest.raises(RetryableError) as caught:
            ask()
        assert caught.value.code == "search_unavailable"
    with pytest.raises(ConflictError) as refused:
        index.rollback()
    assert refused.value.code == "no_previous_index"


def test_changes_replace_documents_whole_and_are_seen_by_others(reachable: Reachable) -> None:
    index, other = reachable.engine, reachable.again()
    kept, changed, gone = document(), document(price_pkr=5, city="Lahore"), document()
    with index.rebuilding() as batch:
        batch.upsert([kept, changed, gone])
    assert other.index_id() == index.index_id() == batch.index_id
    assert other.document_count() == 3
    added = document(make="Honda", model="Civic")
    with index.updating() as update:
        assert update.index_id == batch.index_id
        update.upsert([document(id=changed.id, price_pkr=None, city=None), added])
        update.delete([gone.id, uuid4()])
    assert other.document_count() == 3
    assert set(ids(other)) == {kept.id, changed.id, added.id}
    assert ids(other, sort=Sort.PRICE_ASC)[-1] in {changed.id, added.id}
    assert ids(other, "lahore corolla") == [kept.id]
    assert [one.value for one in other.suggest("hon", ANYONE)] == ["Honda", "Honda Civic"]


def test_last_change_of_a_listing_in_a_batch_counts(index: SearchEngine) -> None:
    one, two = document(), document()
    with index.rebuilding() as batch:
        batch.upsert([one])
    with index.updating() as update:
        update.delete([one.id])
        update.upsert([one, two])
        update.delete([two.id])
    assert ids(index) == [one.id]


def test_block_that_raises_changes_nothing(index: SearchEngine) -> None:
    first = document()
    with index.rebuilding() as batch:
        batch.upsert([first])
    before = index.index_id()

    def fail(opened: object) -> None:
        with opened as block:  # type: ignore[attr-defined]
            block.upsert([document() for _ in range(20)])
            block.delete([first.id])
            raise StopError

    for opened in (index.updating(), index.rebuilding()):
        with pytest.raises(StopError):
            fail(opened)
    assert (index.index_id(), index.previous_id()) == (before, None)
    assert ids(index) == [first.id]


def test_index_built_aside_can_be_looked_into_and_answers_only_at_the_end(index: SearchEngine) -> None:
    with index.rebuilding() as batch:
        batch.upsert([document()])
    old = index.index_id()
    with index.rebuilding() as batch:
        batch.upsert([document(), document()])
        candidate = batch.candidate()
        assert (candidate.document_count(), candidate.count(ANYONE), candidate.index_id()) == (2, 2, batch.index_id)
        assert candidate.settings_problems() == []
        batch.upsert([document()])
        assert batch.candidate().document_count() == 3
        assert (index.index_id(), index.document_count()) == (old, 1)
    assert (index.index_id(), index.document_count()) == (batch.index_id, 3)
    assert index.previous_id() == old != index.index_id()


def test_rollback_exchanges_the_two_last_indexes(reachable: Reachable) -> None:
    index = reachable.engine
    built = []
    for count in (1, 2, 3):
        with index.rebuilding() as batch:
            batch.upsert([document() for _ in range(count)])
        built.append(batch.index_id)
    assert (index.rollback(), index.document_count(), index.previous_id()) == (built[1], 2, built[2])
    with index.updating() as update:
        update.upsert([document()])
    assert reachable.again().rollback() == built[2]
    assert (index.document_count(), index.previous_id()) == (3, built[1])


def test_lost_index_comes_back_under_another_id(reachable: Reachable) -> None:
    with reachable.engine.rebuilding() as batch:
        batch.upsert([document()])
    reachable.lose()
    index = reachable.again()
    assert index.index_id() is None
    with index.rebuilding() as second:
        second.upsert([document()])
    assert index.index_id() == second.index_id != batch.index_id
    assert index.previous_id() is None


def test_second_writer_is_told_that_the_index_is_busy(reachable: Reachable) -> None:
    with reachable.engine.rebuilding() as batch:
        batch.upsert([document()])
    with reachable.engine.updating(), pytest.raises(RetryableError) as caught, reachable.again().updating():
        pass
    assert caught.value.code == "index_busy"


def test_searches_during_rebuilds_and_rollbacks_never_fail_nor_see_a_part(reachable: Reachable) -> None:
    index, sizes = reachable.engine, (4, 7)
    with index.rebuilding() as batch:
        batch.upsert([document() for _ in range(sizes[0])])
    seen: list[object] = []
    done = threading.Event()

    def ask() -> None:
        other = reachable.again()
        while not done.is_set():
            try:
                page = other.search(SearchQuery("corolla", limit=20), ANYONE)
                seen.append((page.total, len(page.ids)))
            except Exception as error:
                seen.append(error)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(4):
        with index.rebuilding() as batch:
            batch.upsert([document() for _ in range(sizes[(number + 1) % 2])])
        index.rollback()
        index.rollback()
    done.set()
    for thread in threads:
        thread.join()
    assert len(seen) > 20
    assert set(map(repr, seen)) <= {repr((size, size)) for size in sizes}


def test_pages_go_on_where_they_were_while_the_index_changes(index: SearchEngine) -> None:
    cars = [document(fresh_on=date(2026, 1, day)) for day in range(1, 10)]
    with index.rebuilding() as batch:
        batch.upsert(cars)
    first = index.search(SearchQuery("corolla", limit=4), ANYONE)
    with index.updating() as update:
        update.upsert([document(fresh_on=date(2026, 5, 1))])
        update.delete([first.ids[0]])
    rest = index.search(SearchQuery("corolla", limit=9, cursor=first.next_cursor), ANYONE)
    assert first.ids + rest.ids == [car.id for car in reversed(cars)]
    with pytest.raises(InvalidInputError) as caught:
        index.search(SearchQuery("civic", cursor=first.next_cursor), ANYONE)
    assert caught.value.code == "invalid_cursor"


def test_nothing_private_shows_in_typos_facets_or_suggestions(index: SearchEngine) -> None:
    with index.rebuilding() as batch:
        batch.upsert([document(), document(visibility="private", make="Zzyzzx", model="Secret", city="Hidden")])
    for text in ("zzyzzx", "zzyzx", "zzy", "secret", "secrt"):
        assert index.search(SearchQuery(text), ANYONE).total == 0
        assert index.suggest(text, ANYONE) == []
    assert {one.value for one in index.suggest("", ANYONE)} == {"Toyota", "Toyota Corolla", "Lahore"}
