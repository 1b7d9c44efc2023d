"""One features code for training and scoring."""

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from models.price_bands.inputs.features import CAN_BE_PRICED, FEATURE_COLUMNS, build
from models.price_bands.train import training_rows

AS_OF = date(2026, 3, 31)


def car(**columns: object) -> pl.DataFrame:
    return pl.DataFrame([{"make": "Toyota", "model": "Corolla", "model_year": 2018} | columns])


def test_training_and_scoring_see_the_same_features(market: pl.DataFrame) -> None:
    trained, _ = training_rows(market, as_of=AS_OF)
    scored = build(market.with_columns(price_pkr=pl.lit(None, pl.Int64)), as_of=AS_OF)
    assert_frame_equal(trained.to_frame(), scored)
    assert tuple(scored.columns) == FEATURE_COLUMNS


def test_features_of_a_row_do_not_depend_on_the_others(market: pl.DataFrame) -> None:
    assert_frame_equal(build(market[17:18], as_of=AS_OF), build(market, as_of=AS_OF)[17:18])


@pytest.mark.parametrize("make", ["Toyota", "toyota", " TOYOTA ", "Toyo-ta"])
def test_spelling_is_folded(make: str) -> None:
    assert build(car(make=make), as_of=AS_OF)["model_key"].item() == "toyota|corolla"


def test_age_counts_from_the_listing_day_and_else_from_the_given_day() -> None:
    assert build(car(listed_on=date(2020, 1, 1)), as_of=AS_OF)["age"].item() == pytest.approx(2.0)
    assert build(car(), as_of=date(2022, 1, 1))["age"].item() == pytest.approx(4.0)
    assert build(car(model_year=2027), as_of=AS_OF)["age"].item() == 0.0


def test_numbers_that_cannot_be_true_are_unknown() -> None:
    absurd = car(mileage_km=2_000_000_000, engine_cc=-5, battery_kwh=float("nan"))
    assert build(absurd, as_of=AS_OF).select("km", "cc", "kwh").row(0) == (None, None, None)


@pytest.mark.parametrize(
    ("columns", "possible"),
    [({}, True), ({"model_year": 2027}, True), ({"model_year": 2028}, False), ({"model_year": 1949}, False),
     ({"model_year": None}, False), ({"make": "--"}, False), ({"model": None}, False), ({"make": "ٹویوٹا"}, True)],
)  # fmt: skip
def test_only_named_cars_of_possible_years_can_be_priced(columns: dict[str, object], possible: bool) -> None:
    assert build(car(**columns), as_of=AS_OF).select(CAN_BE_PRICED).item() is possible


def test_a_frame_without_the_identity_of_cars_is_refused() -> None:
    with pytest.raises(ValueError, match="model_year"):
        build(pl.DataFrame({"make": ["Toyota"], "model": ["Corolla"]}), as_of=AS_OF)
