"""Contributions add up to the price, whatever the car; an input that makes no difference has no part in it."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.listing_frame import LISTING_SCHEMA
from models.price_bands.artifact import PriceBandModel
from models.price_bands.predict import predict_bands
from models.price_bands.shapley import INPUTS, NOT_STATED, contributions
from tests.examples import examples

TYPICAL: dict[str, Any] = {
    "make": "Toyota", "model": "Corolla", "model_year": 2016, "mileage_km": 90_000, "variant": "GLi", "fuel": "petrol",
    "transmission": "manual", "body": "sedan", "assembly": "local", "engine_cc": 1800, "city": "Lahore",
    "province": "Punjab", "registered_in": "Lahore",
}  # fmt: skip
_CARS = st.fixed_dictionaries(
    {
        "model_year": st.integers(2000, 2026),
        "mileage_km": st.none() | st.integers(0, 400_000),
        "variant": st.none() | st.sampled_from(["Oriel", "VXR 1.3", "something else"]),
        "fuel": st.none() | st.sampled_from(["petrol", "hybrid"]),
        "transmission": st.none() | st.sampled_from(["manual", "automatic"]),
        "engine_cc": st.none() | st.integers(600, 4000),
        "city": st.none() | st.sampled_from(["Multan", "Lahore", "Nowhere"]),
        "registered_in": st.none() | st.just("unregistered"),
    }
)


def frame(**columns: Any) -> pl.DataFrame:
    row = TYPICAL | columns
    return pl.DataFrame([row], schema={name: LISTING_SCHEMA[name] for name in row})


@settings(max_examples=examples(30))
@given(_CARS)
def test_contributions_add_up_to_the_estimate(model: PriceBandModel, columns: dict[str, Any]) -> None:
    car, typical = frame(**columns), frame()
    found = contributions(model, car, typical)
    assert found is not None
    assert found.reference_pkr + sum(found.by_input.values()) == found.mid_pkr
    assert found.mid_pkr == predict_bands(model, car)["mid_pkr"][0]
    assert found.reference_pkr == predict_bands(model, typical)["mid_pkr"][0]
    sizes = [abs(pkr) for pkr in found.by_input.values()]
    assert sizes == sorted(sizes, reverse=True)


def test_only_inputs_that_differ_contribute_and_unstated_ones_together(model: PriceBandModel) -> None:
    found = contributions(model, frame(mileage_km=30_000, fuel=None, body=None), frame())
    assert found is not None
    assert set(found.by_input) == {"mileage", NOT_STATED}
    assert found.by_input["mileage"] > 0
    assert set(found.by_input) <= {*INPUTS, NOT_STATED}


def test_a_single_difference_has_the_whole_contribution(model: PriceBandModel) -> None:
    found = contributions(model, frame(model_year=2022), frame())
    assert found is not None
    assert found.by_input == {"year": found.mid_pkr - found.reference_pkr}
    same = contributions(model, frame(), frame())
    assert same is not None
    assert same.by_input == {}


def test_a_car_without_a_band_is_not_explained(model: PriceBandModel) -> None:
    assert contributions(model, frame(make="Lada", model="Niva"), frame(make="Lada", model="Niva")) is None


@pytest.mark.parametrize("name", list(LISTING_SCHEMA.names()))
def test_every_column_of_a_listing_may_be_there(model: PriceBandModel, name: str) -> None:
    car = frame() if name in TYPICAL else frame(**{name: None})
    assert contributions(model, car, frame(model_year=2015)) is not None
