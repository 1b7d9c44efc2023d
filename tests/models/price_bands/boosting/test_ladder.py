"""The same car with a newer model year is never cheaper."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.price_bands.artifact import PriceBandModel
from models.price_bands.boosting.regressor import CANNOT
from models.price_bands.inputs.columns import CarColumns, Floats
from models.price_bands.inputs.features import CarFeatures, read_features
from models.price_bands.inputs.unstated import Filled
from models.price_bands.level.correction import fit_level
from models.price_bands.predict import PRICE_COLUMNS, predict_bands
from tests.models.price_bands.conftest import AS_OF, MODELS, aged_market, invented_market
from tests.trained_models import TrainedModels

YEARS = range(1975, AS_OF.year + 1)
ROUNDING = 0.006
"""Bands are rounded to three and a half digits."""


def with_years(car: dict[str, object]) -> pl.DataFrame:
    """Repeat a car with every model year."""
    frame = pl.DataFrame([{"listed_on": AS_OF, **car}])
    return frame.join(pl.DataFrame({"model_year": YEARS}, schema={"model_year": pl.Int16}), how="cross")


def largest_fall(frame: pl.DataFrame, model: PriceBandModel) -> float:
    """Measure by how much a price of a newer year is lower than that of an older one: middle and ends of the bands."""
    bands = predict_bands(model, frame).filter(pl.col("method").is_in(["model", "family"]))
    prices = bands.select(PRICE_COLUMNS).to_numpy().astype(np.float64)
    return float((1 - prices / np.maximum.accumulate(prices)).max(initial=0.0))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    named=st.sampled_from([*MODELS, ("Toyota", "Premio")]),
    variant=st.sampled_from(["GLi", "VXR 1.3", "Turbo"]),
    km=st.integers(0, 600_000),
    words=st.fixed_dictionaries(
        {"transmission": st.sampled_from(["automatic", "manual"]), "city": st.sampled_from(["Lahore", "Multan"]),
         "registered_in": st.sampled_from(["Lahore", "unregistered"])}
    ),
)  # fmt: skip
def test_a_newer_year_of_the_same_car_is_never_cheaper(
    model: PriceBandModel, named: tuple[str, str], variant: str, km: int, words: dict[str, str]
) -> None:
    car: dict[str, object] = {
        "make": named[0], "model": named[1], "variant": variant, "mileage_km": km, "fuel": "petrol", "body": "sedan",
        "engine_cc": 1300, "assembly": "local", "province": "Punjab", **words,
    }  # fmt: skip
    assert largest_fall(with_years(car), model) <= ROUNDING


@pytest.mark.usefixtures("few_folds")
def test_a_market_where_some_old_cars_are_dearer_gives_no_cheaper_newer_year(trained_models: TrainedModels) -> None:
    """Collectors' cars, and slips of the year, would teach the opposite."""
    dear = pl.when(pl.col("model_year") < AS_OF.year - 15).then(3.0).otherwise(1.0)
    market = aged_market().with_columns((pl.col("price_pkr") * dear).cast(pl.Int64))
    model = trained_models.model(market, as_of=AS_OF)
    cars = invented_market(8, seed=5).drop("price_pkr", "model_year", "listed_on")
    for car in cars.iter_rows(named=True):
        assert largest_fall(with_years(car), model) <= ROUNDING


@pytest.mark.parametrize("caution", [0.0, 0.5])
def test_a_level_that_favours_old_cars_keeps_the_order(
    model: PriceBandModel, market: pl.DataFrame, caution: float
) -> None:
    """Recalibration may find that old cars alone became dearer; their bands give way as well."""
    assert model.regression is not None
    cars = model.regression.fill(read_features(CarColumns.from_frame(market.head(150)), as_of=AS_OF))
    estimate = model.regression.estimate(cars).own().log_price
    moved = np.where(cars.features.age > 12, 0.6, 0.0)
    level = fit_level(cars.features, estimate, moved, caution=caution)
    corrected = replace(model, level=level)
    for car in market.drop("price_pkr", "model_year", "listed_on").head(8).iter_rows(named=True):
        assert largest_fall(with_years(car), corrected) <= ROUNDING


def test_what_is_unstated_and_filled_once_keeps_the_order(model: PriceBandModel, market: pl.DataFrame) -> None:
    """The usual values may differ from year to year; for one and the same filled car the order holds exactly."""
    assert model.regression is not None
    part = model.regression.price
    cars = read_features(CarColumns.from_frame(market.head(40).drop("variant", "mileage_km")), as_of=AS_OF)
    filled = model.regression.fill(cars)
    previous = np.full(cars.height, -np.inf)
    for year in YEARS:
        moved = _in_year(filled.features, year)
        tier = part.answer_tier(moved)
        found = model.regression.estimate(Filled(moved, filled.unstated)).own().log_price
        known = tier != CANNOT
        assert (found[known] >= previous[known] - 1e-9).all()
        previous = found


def _in_year(features: CarFeatures, year: int) -> CarFeatures:
    day: Floats = features.age + features.year
    return replace(features, year=np.full(features.height, year), age=np.maximum(day - year, 0.0))
