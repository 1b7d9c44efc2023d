"""Pages cover the hits once each, and a cursor that is not ours is an error."""

import base64
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.access.audience import Audience
from core.errors import InvalidInputError
from core.search import SearchQuery, Sort
from core.search.paging.cursor import Position, decode, encode
from core.search.places import city_point
from core.search.tantivy import TantivyEngine
from tests.core.search.conftest import Fill, document, ids

ANYONE = Audience.anonymous()
CITIES = ["Lahore", "Karachi", None, "Atlantis"]
PRICES = [None, 5, 5, 7, None, 7, 7, 2**62, 1]


def pages(index: TantivyEngine, **query: Any) -> list[list[Any]]:
    """Every page of a search."""
    found, cursor = [], None
    while True:
        page = index.search(SearchQuery(cursor=cursor, **query), ANYONE)
        found.append(page.ids)
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("sort", Sort)
def test_pages_neither_skip_nor_repeat(index: TantivyEngine, fill: Fill, sort: Sort) -> None:
    fill(
        **{
            f"car{n}": {"price_pkr": price, "mileage_km": price and n % 2, "city": CITIES[n % 4]}
            for n, price in enumerate(PRICES)
        }
    )
    asked: dict[str, Any] = {"sort": sort, "origin": city_point("Multan")}
    whole = ids(index, **asked)
    assert len(set(whole)) == len(PRICES)
    for limit in (1, 2, 4):
        found = pages(index, limit=limit, **asked)
        assert [hit for page in found for hit in page] == whole
        assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)


def test_pages_go_through_the_tiers_of_a_text(index: TantivyEngine, fill: Fill) -> None:
    models = ["Corolla", "Corola", "Corollax"]
    fill(**{f"car{n}": {"model": models[n % 3]} for n in range(12)})
    whole = ids(index, "corolla")
    assert len(whole) == 12
    for limit in (1, 3, 4, 5):
        assert [hit for page in pages(index, text="corolla", limit=limit) for hit in page] == whole


def test_paging_is_not_disturbed_by_other_commits(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(**{f"car{n}": {"fresh_on": date(2026, 1, 1 + n)} for n in range(9)})
    first = index.search(SearchQuery(limit=4, sort=Sort.NEWEST), ANYONE)
    with index.updating() as batch:
        batch.upsert([document(fresh_on=date(2026, 5, 1))])  # newer than the whole first page
        batch.delete([first.ids[0]])
    rest = index.search(SearchQuery(limit=9, sort=Sort.NEWEST, cursor=first.next_cursor), ANYONE)
    assert first.ids + rest.ids == sorted(cars.values(), key=list(cars.values()).index, reverse=True)


@pytest.mark.slow
@given(st.text())
@example("")
@example("AAAA")
@example("bnVsbA")
@example(base64.urlsafe_b64encode(b"[" * 200).decode())
@example(base64.urlsafe_b64encode(b"[1,NaN,1e999,{}]").decode())
@example("x" * 100_000)
def test_garbage_is_an_invalid_cursor(cursor: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        decode(cursor, SearchQuery(), ANYONE, tiers=1)
    assert caught.value.code == "invalid_cursor"


@given(st.recursive(st.none() | st.integers() | st.text(max_size=60), lambda inner: st.lists(inner, max_size=5)))
def test_well_formed_garbage_is_an_invalid_cursor_too(payload: object) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode()
    with pytest.raises(InvalidInputError):
        decode(cursor, SearchQuery(), ANYONE, tiers=1)


def test_cursor_of_another_search_is_refused() -> None:
    cursor = encode(Position(0, "a" * 48), SearchQuery("corolla"), ANYONE)
    assert decode(cursor, SearchQuery("corolla", limit=3), ANYONE, tiers=1) == (0, "a" * 48)
    for other in (SearchQuery("civic"), SearchQuery("corolla", sort=Sort.PRICE_ASC)):
        with pytest.raises(InvalidInputError, match="another search"):
            decode(cursor, other, ANYONE, tiers=1)
