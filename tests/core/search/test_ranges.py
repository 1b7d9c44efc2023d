"""Ranges find what they say at every edge, for every audience; and rows whose ids begin alike keep their order."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.access.audience import Audience
from core.search import ListingDocument, ListingFilters, SearchQuery, Sort
from core.search.tantivy import TantivyEngine
from core.vocabulary import Channel, Visibility
from tests.core.search.conftest import document
from tests.core.search.paging.test_paging import pages
from tests.examples import examples

PRICES = [None, 1, 99_999, 100_000, 100_001, 199_999, 200_000, 350_000, 2**40, 2**45, 2**62]
KMS = [None, 0, 4_999, 5_000, 5_001, 9_999, 10_000, 80_000]
YEARS = [1900, 1999, 2000, 2018]
SHOWN: list[tuple[Visibility, tuple[str, ...]]] = [
    (Visibility.PUBLIC, ("automart", "autotrader")), (Visibility.PRIVATE, ("automart",)),
    (Visibility.WHOLESALE_PUBLIC, ("autotrader",)), (Visibility.PUBLIC, ()),
]  # fmt: skip
CARS = [
    document(
        price_pkr=price, mileage_km=KMS[number % len(KMS)], model_year=YEARS[number % len(YEARS)], org_id=UUID(int=org),
        visibility=SHOWN[kind][0], channels=SHOWN[kind][1],
    )
    for number, price in enumerate(PRICES) for org in (1, 2) for kind in range(4)
]  # fmt: skip
audiences = st.builds(
    Audience, st.sampled_from(Channel), st.frozensets(st.sampled_from(Visibility)), st.sampled_from([None, UUID(int=2)])
)


def edges(values: list[int | None]) -> st.SearchStrategy[tuple[int | None, int | None]]:
    near = [value + step for value in values if value is not None for step in (-1, 0, 1)]
    bound = st.none() | st.sampled_from(near) | st.integers()
    return st.tuples(bound, bound).filter(lambda pair: None in pair or pair[0] <= pair[1])  # type: ignore[operator]


def inside(value: int | None, bounds: tuple[int | None, int | None]) -> bool:
    low, high = bounds
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def seen(car: ListingDocument, audience: Audience) -> bool:
    mine = car.visibility in audience.visibilities or car.org_id == audience.org_id
    return audience.channel in car.channels and mine


@pytest.mark.slow
def test_ranges_are_exact_for_every_audience(index: TantivyEngine) -> None:
    with index.rebuilding() as batch:
        batch.upsert(CARS)

    @given(edges(PRICES), edges(KMS), edges([*YEARS]), audiences)
    @hypothesis_settings(max_examples=examples(400), deadline=None)
    def probe(price: Any, km: Any, year: Any, audience: Audience) -> None:
        filters = ListingFilters(
            price_min=price[0], price_max=price[1], mileage_min=km[0], mileage_max=km[1], year_min=year[0],
            year_max=year[1],
        )  # fmt: skip
        expected = {
            car.id
            for car in CARS
            if inside(car.price_pkr, price) and inside(car.mileage_km, km) and inside(car.model_year, year)
            and seen(car, audience)
        }  # fmt: skip
        page = index.search(SearchQuery(filters=filters, limit=100), audience)
        assert set(page.ids) == expected
        assert page.total == len(expected)

    probe()


@pytest.mark.parametrize("sort", [sort for sort in Sort if sort is not Sort.DISTANCE])
@pytest.mark.parametrize("limit", [1, 3, 7, 50])
def test_rows_whose_ids_begin_alike_keep_the_order_of_their_ids(index: TantivyEngine, sort: Sort, limit: int) -> None:
    first = 0x019A2B3C4D5E7F608A9B << 48
    cars = [
        document(
            id=UUID(int=first + number * 7919 % 101), price_pkr=100 + number % 2, fresh_on=date(2026, 1, 1 + number % 3)
        )
        for number in range(40)
    ]
    with index.rebuilding() as batch:
        batch.upsert(cars)
    values = {"price": "price_pkr", "year": "model_year", "mileage": "mileage_km"}
    attribute = values.get(sort.value.split("_")[0], "fresh_on")
    ordered = sorted(cars, key=lambda car: (getattr(car, attribute), car.id), reverse=not sort.value.endswith("_asc"))
    found = [hit for page in pages(index, sort=sort, limit=limit) for hit in page]
    assert found == [car.id for car in ordered]
