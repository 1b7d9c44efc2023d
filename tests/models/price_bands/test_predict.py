"""Bands: ordered, honest about how they were made, and there for any row that can exist."""

import string
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from core.listing_frame import LISTING_SCHEMA
from models.price_bands.artifact import PriceBandModel
from models.price_bands.comparables.bands import SENTENCES
from models.price_bands.predict import BAND_SCHEMA, PRICE_COLUMNS, predict_bands
from models.price_bands.train import fit_comparables_only
from tests.examples import examples

KNOWN = {"make": ["Toyota", "honda", "BMW"], "model": ["Corolla", "CIVIC", "X5"], "fuel": ["petrol", "electric"]}


def anything(name: str) -> st.SearchStrategy[object]:
    dtype = LISTING_SCHEMA[name]
    if dtype == pl.String:
        text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
        return st.none() | st.sampled_from(KNOWN.get(name, ["Lahore"])) | text | st.text(string.ascii_letters)
    if dtype == pl.Date:
        return st.none() | st.dates()
    if dtype == pl.Float32:
        return st.none() | st.floats(width=32)
    bits = {pl.Int16: 15, pl.Int32: 31, pl.Int64: 63}[dtype.base_type()]
    return st.none() | st.integers(-(2**bits), 2**bits - 1) | st.integers(1950, 2027)


ROW = st.fixed_dictionaries(
    {name: anything(name) for name, kind in LISTING_SCHEMA.items() if kind.base_type() != pl.List}
)


def assert_honest(bands: pl.DataFrame, height: int) -> None:
    assert bands.schema == BAND_SCHEMA
    assert bands.height == height
    answered, silent = (bands.filter(pl.col("method") == "none") if no else bands.filter(pl.col("method") != "none")
                        for no in (False, True))  # fmt: skip
    ladder = answered.select(PRICE_COLUMNS).to_numpy()
    assert (ladder > 0).all()
    assert (np.diff(ladder, axis=1) >= 0).all()  # levels nested around the middle
    assert answered["reason"].null_count() == answered.height
    assert bands["confidence"].is_between(0, 1).all()
    assert silent.select(pl.col(PRICE_COLUMNS).is_null().all()).row(0) == (True,) * len(PRICE_COLUMNS)
    assert set(silent["reason"]) <= set(SENTENCES)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=8))
def test_any_canonical_row_gets_an_ordered_band_or_a_reason(
    model: PriceBandModel, rows: list[dict[str, object]]
) -> None:
    schema = {name: kind for name, kind in LISTING_SCHEMA.items() if kind.base_type() != pl.List}
    assert_honest(predict_bands(model, pl.DataFrame(rows, schema=schema)), len(rows))


def test_bands_are_close_to_prices_and_in_whole_rupees(model: PriceBandModel, market: pl.DataFrame) -> None:
    bands = predict_bands(model, market)
    assert_honest(bands, market.height)
    assert ((bands["mid_pkr"] / market["price_pkr"] - 1).abs()).median() < 0.1
    assert (bands["mid_pkr"] % 500 == 0).mean() > 0.95


def test_no_model_yet_is_a_reason_for_every_row(market: pl.DataFrame) -> None:
    bands = predict_bands(None, market)
    assert_honest(bands, market.height)
    assert set(bands["reason"]) == {"no_model"}


def test_no_rows_give_no_bands(model: PriceBandModel, market: pl.DataFrame) -> None:
    assert_honest(predict_bands(model, market[:0]), 0)
    assert_honest(predict_bands(None, market[:0]), 0)


def test_a_band_does_not_depend_on_the_other_rows(model: PriceBandModel, market: pl.DataFrame) -> None:
    alone = pl.concat([predict_bands(model, market[row : row + 1]) for row in (3, 70, 500)])
    assert_frame_equal(alone, predict_bands(model, market)[[3, 70, 500]])


def test_price_and_spelling_change_nothing(model: PriceBandModel, market: pl.DataFrame) -> None:
    cars = market[:50]
    other = cars.with_columns(pl.col("make").str.to_uppercase(), price_pkr=pl.lit(1, pl.Int64))
    assert_frame_equal(predict_bands(model, cars), predict_bands(model, other))


@pytest.mark.parametrize(
    ("car", "method", "reason"),
    [
        ({}, "model", None),
        ({"model_year": 1988}, "family", None),  # the market's Corollas begin in 1999
        ({"model": "Corolla Fielder"}, "family", None),
        ({"model": "Premio"}, "comparables", None),
        ({"make": "Lada"}, "none", "unknown_make"),
        ({"model_year": 1951}, "none", "too_few_comparables"),
        ({"model_year": 2090}, "none", "impossible_year"),
        ({"model_year": None}, "none", "impossible_year"),
        ({"model": "?"}, "none", "unnamed_car"),
    ],
)
def test_method_and_reason_say_how_a_band_was_made(
    model: PriceBandModel, car: dict[str, object], method: str, reason: str | None
) -> None:
    asked = {"make": "Toyota", "model": "Corolla", "model_year": 2016, "listed_on": date(2026, 3, 1)} | car
    band = predict_bands(model, pl.DataFrame([asked], schema_overrides={"model_year": pl.Int16})).row(0, named=True)
    assert (band["method"], band["reason"]) == (method, reason)


def test_few_cars_are_answered_from_comparables(market: pl.DataFrame) -> None:
    few = fit_comparables_only(market[:150], as_of=date(2026, 3, 31))
    bands = predict_bands(few, market[:150])
    assert_honest(bands, 150)
    assert (bands["method"] == "comparables").mean() > 0.8
    empty = fit_comparables_only(market[:0], as_of=date(2026, 3, 31))
    assert set(predict_bands(empty, market[:5])["reason"]) == {"unknown_make"}
