"""Exact names of a car are found before similar ones, in any order, with signs and with single letters."""

from dataclasses import replace
from uuid import UUID

import pytest

from core.access.audience import Audience
from core.search import Facet, FacetCount, SearchEngine, SearchQuery, Sort
from core.search.reading.asking import search_understood
from tests.core.search.conftest import document

ANYONE = Audience.anonymous()
CARS = [
    ("Suzuki", "Alto", 2_000_000, None, None),
    ("Suzuki", "Alto", 3_000_000, None, None),
    ("BYD", "Atto 3", 9_000_000, None, None),
    ("Daihatsu", "Mira", 2_500_000, None, None),
    ("Toyota", "Prado", 30_000_000, "Mirza Road", None),
    ("Honda", "CR-V", 8_000_000, None, None),
    ("Toyota", "Crown", 12_000_000, None, "V6, cross member"),
    ("Audi", "A4", 7_000_000, None, None),
    ("Audi", "Q4", 15_000_000, None, None),
    ("Mercedes Benz", "A Class", 9_500_000, None, None),
    ("Mercedes Benz", "C Class", 11_000_000, None, None),
]


@pytest.fixture
def stock(index: SearchEngine) -> SearchEngine:
    cars = [
        document(make=make, model=model, title=f"{make} {model}", variant=None, price_pkr=price, area=area,
                 description=told, id=UUID(int=price))
        for make, model, price, area, told in CARS
    ]  # fmt: skip
    with index.rebuilding() as batch:
        batch.upsert(cars)
    return index


@pytest.mark.parametrize(
    ("text", "sort", "prices"),
    [
        ("alto", Sort.PRICE_DESC, [30, 20]),
        ("atlo", Sort.PRICE_ASC, [20, 30, 90]),  # no car is called so: one slip from both
        ("mira", Sort.PRICE_DESC, [25]),
        ("mirzo", Sort.RELEVANCE, []),  # one slip from "Mirza", which is an area's word
        ("mirz", Sort.RELEVANCE, [25, 300]),  # and the beginning of it is none
        ("cr-v", Sort.RELEVANCE, [80]),
        ("cr/v", Sort.PRICE_DESC, [80]),
        ("CR-V honda", Sort.NEWEST, [80]),
        ("A class", Sort.RELEVANCE, [95]),
        ("audi a 4", Sort.PRICE_DESC, [70]),
        ("a car for sale alto", Sort.PRICE_ASC, [20, 30]),
    ],
)
def test_best_match_alone_is_found_and_ordered(stock: SearchEngine, text: str, sort: Sort, prices: list[int]) -> None:
    page = stock.search(SearchQuery(text, sort=sort), ANYONE)
    found = [listing_id.int // 100_000 for listing_id in page.ids]
    assert (sorted(found) if sort is Sort.RELEVANCE else found, page.total) == (prices, len(prices))


def test_facets_count_the_cars_that_are_ordered_and_later_pages_stay_with_them(stock: SearchEngine) -> None:
    query = SearchQuery("alto", sort=Sort.PRICE_DESC, limit=1, facets=(Facet.MAKE,))
    first = stock.search(query, ANYONE)
    assert first.facets == {Facet.MAKE: [FacetCount("Suzuki", 2)]}
    with stock.updating() as batch:
        batch.upsert([document(make="Kia", model="Sportage", title="Kia Alto", id=UUID(int=1), price_pkr=None)])
    second = stock.search(replace(query, cursor=first.next_cursor), ANYONE)
    assert (second.ids[0].int, second.total) == (2_000_000, 3)


@pytest.mark.parametrize(
    ("typed", "price"), [("audi a 4", 70), ("mercedes a class", 95), ("cr-v", 80), ("mira dearest first", 25)]
)
def test_understood_searches_find_the_same(stock: SearchEngine, typed: str, price: int) -> None:
    found = search_understood(stock, SearchQuery(typed, limit=5), ANYONE)
    assert [listing_id.int // 100_000 for listing_id in found.page.ids] == [price]


def test_facet_with_more_values_than_are_listed_says_so(index: SearchEngine) -> None:
    with index.rebuilding() as batch:
        batch.upsert([document(city=f"Town {number:03}", model=f"M{number % 100:02}") for number in range(101)])
    page = index.search(SearchQuery(facets=(Facet.CITY, Facet.MODEL)), ANYONE)
    assert page.cut_facets == (Facet.CITY,)
    assert [len(page.facets[facet]) for facet in (Facet.CITY, Facet.MODEL)] == [100, 100]
