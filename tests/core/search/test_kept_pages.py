"""A page that is kept equals one that is searched: no commit is missed, and no caller gets another's page."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from core.access.audience import Audience
from core.errors import InvalidInputError, RetryableError
from core.search import Facet, ListingFilters, SearchQuery
from core.search.tantivy import TantivyEngine
from core.search.tantivy import view as tantivy_view
from core.vocabulary import Body
from tests.core.search.conftest import Fill, document, ids

COROLLAS = SearchQuery("corolla", facets=(Facet.CITY,))
ANYONE, DEALER = Audience.anonymous(), Audience.dealer(UUID(int=7))


def test_search_is_made_once_for_each_commit(index: TantivyEngine, fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    cars = fill(one={})
    made: list[object] = []
    read = tantivy_view._read
    monkeypatch.setattr(tantivy_view, "_read", lambda *given: (made.append(given), read(*given))[1])
    first, second = index.search(COROLLAS, ANYONE), index.search(COROLLAS, ANYONE)
    assert first == second
    assert len(made) == 1
    with index.updating() as batch:
        batch.delete(cars.values())
    assert index.search(COROLLAS, ANYONE).total == 0
    assert len(made) == 2


def test_commit_of_another_process_is_seen_by_the_next_search(index: TantivyEngine, fill: Fill, tmp_path: Path) -> None:
    car = fill(one={})["one"]
    writer = TantivyEngine(tmp_path / "search")
    for city, visibility in [("Lahore", "public"), ("Karachi", "public"), ("Multan", "private"), ("Quetta", "public")]:
        assert index.search(COROLLAS, ANYONE) == index.search(COROLLAS, ANYONE)
        with writer.updating() as batch:
            batch.upsert([document(id=car, city=city, visibility=visibility)])
        page = index.search(COROLLAS, ANYONE)
        seen = [] if visibility == "private" else [car]
        assert (page.ids, [one.value for one in page.facets[Facet.CITY]]) == (seen, [city] * len(seen))
    with writer.rebuilding() as batch:
        batch.upsert([document(make="Honda", model="City")])
    assert ids(index, "corolla") == []


@pytest.mark.parametrize("order", [(ANYONE, DEALER), (DEALER, ANYONE)])
def test_same_search_of_another_caller_is_another_page(
    index: TantivyEngine, fill: Fill, order: tuple[Audience, Audience]
) -> None:
    cars = fill(shown={}, hidden={"visibility": "private", "channels": ("autotrader",)})
    for audience in order * 2:
        page = index.search(COROLLAS, audience)
        wanted = {cars["shown"]} if audience is ANYONE else {cars["hidden"]}
        assert set(page.ids) == wanted
        assert page.total == page.facets[Facet.CITY][0].count == 1


def test_page_that_its_caller_changes_is_kept_as_it_was(index: TantivyEngine, fill: Fill) -> None:
    car = fill(one={})["one"]
    page = index.search(COROLLAS, ANYONE)
    page.ids.clear()
    page.facets[Facet.CITY].clear()
    page.facets.clear()
    kept = index.search(COROLLAS, ANYONE)
    assert (kept.ids, kept.facets[Facet.CITY][0].count) == ([car], 1)


def test_search_that_failed_fails_again_until_it_can_be_answered(index: TantivyEngine, fill: Fill) -> None:
    for _ in range(2):
        with pytest.raises(RetryableError):
            index.search(COROLLAS, ANYONE)
    fill(one={})
    assert index.search(COROLLAS, ANYONE).total == 1
    for _ in range(2):
        with pytest.raises(InvalidInputError):
            index.search(SearchQuery("corolla", cursor="nonsense"), ANYONE)


def test_cursor_of_a_kept_page_fits_the_search_that_got_it(index: TantivyEngine, fill: Fill) -> None:
    """Words give plain texts and parameters members of an enumeration: equal, but written otherwise in a cursor."""
    fill(one={"body": "sedan"}, two={"body": "sedan"}, three={"body": "sedan"})
    for body in ("sedan", Body.SEDAN):
        query = SearchQuery(filters=ListingFilters(body=(body,)), limit=1)
        cursor = index.search(query, ANYONE).next_cursor
        assert index.search(replace(query, cursor=cursor), ANYONE).total == 3
