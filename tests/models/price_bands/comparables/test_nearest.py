"""The nearest comparables are the most alike ones; what is not known is neither a match nor a mismatch."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.listing_frame import LISTING_SCHEMA
from models.price_bands.comparables.nearest import nearest
from tests.examples import examples

TODAY = date(2026, 3, 31)
CAR: dict[str, Any] = {
    "make": "Toyota", "model": "Corolla", "model_year": 2016, "mileage_km": 90_000, "variant": "GLi 1.3",
    "fuel": "petrol", "transmission": "manual", "city": "Lahore", "engine_cc": 1300, "listed_on": TODAY,
}  # fmt: skip


def cars(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([CAR | row for row in rows], schema={name: LISTING_SCHEMA[name] for name in CAR})


def ranked(*rows: dict[str, Any]) -> list[float]:
    return nearest(cars({}), cars(*rows), today=TODAY, limit=10)["distance"].to_list()


def test_the_same_car_is_nearest_and_every_difference_costs() -> None:
    changes: list[dict[str, Any]] = [
        {}, {"model_year": 2015}, {"mileage_km": 150_000}, {"variant": "Altis"}, {"transmission": "automatic"},
        {"city": "Karachi"}, {"engine_cc": 1800}, {"listed_on": date(2025, 12, 1)}, {"fuel": None},
    ]  # fmt: skip
    found = nearest(cars({}), cars(*changes), today=TODAY, limit=10)
    assert found.row(0, named=True) | {"distance": None} == cars({}).row(0, named=True) | {"distance": None}
    assert found["distance"].to_list() == sorted(found["distance"].to_list())
    assert (found["distance"] > found["distance"][0]).sum() == len(changes) - 1


def test_a_year_and_a_year_of_use_count_alike() -> None:
    base, older, used = (ranked(row)[0] for row in ({}, {"model_year": 2015}, {"mileage_km": 105_000}))
    assert round(older - base, 3) == round(used - base, 3) == 1.0


def test_the_number_is_limited_and_nothing_gives_nothing() -> None:
    assert nearest(cars({}), cars(*[{}] * 5), today=TODAY, limit=3).height == 3
    assert nearest(cars({}), cars({}).head(0), today=TODAY, limit=3).is_empty()


@settings(max_examples=examples(40))
@given(
    st.fixed_dictionaries(
        {
            "model_year": st.integers(1950, 2027), "mileage_km": st.none() | st.integers(0, 2**31 - 1),
            "variant": st.none() | st.text(max_size=10), "engine_cc": st.none() | st.integers(0, 2**31 - 1),
            "fuel": st.none() | st.just("diesel"), "city": st.none() | st.text(max_size=5),
            "listed_on": st.none() | st.dates(),
        }
    )
)  # fmt: skip
@pytest.mark.slow
def test_every_car_has_a_finite_distance(row: dict[str, Any]) -> None:
    for found in (
        nearest(cars({}), cars(row), today=TODAY, limit=1),
        nearest(cars(row), cars({}), today=TODAY, limit=1),
    ):
        assert 0 <= found["distance"][0] < float("inf")
