"""An old model is asked three ways, which agree about a car of the day that it knows; old prices are adjusted."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from bench.price_bands.out_of_period import level_adjusted, predict_out_of_period
from models.price_bands.artifact import PriceBandModel
from models.price_bands.boosting.regressor import Regression
from models.price_bands.index.market_index import market_index
from models.price_bands.inputs.columns import CarColumns, Floats
from models.price_bands.inputs.features import CarFeatures, read_features
from tests.models.price_bands.conftest import AS_OF, invented_market
from tests.models.price_bands.index.test_market_index import APRIL, dated, inflated, levels
from tests.trained_models import TrainedModels


@pytest.fixture(scope="module")
def regression(trained_models: TrainedModels) -> Regression:
    model: PriceBandModel = trained_models.model(invented_market(900), as_of=AS_OF)
    assert model.regression is not None
    return model.regression


def _features(day: date, years: list[int]) -> CarFeatures:
    frame = pl.DataFrame({"make": "Toyota", "model": "Corolla", "model_year": years, "mileage_km": 80_000})
    return read_features(CarColumns.from_frame(frame), as_of=day)


def _estimates(regression: Regression, features: CarFeatures) -> Floats:
    return regression.estimate(regression.fill(features)).log_price


def test_on_the_day_that_the_model_knows_there_is_one_answer(regression: Regression) -> None:
    features = _features(AS_OF, [2010, 2018, 2023])
    answer = predict_out_of_period(regression, features, trained=AS_OF)
    np.testing.assert_allclose(answer, _estimates(regression, features), atol=0.02)


def test_years_later_the_answer_lies_between_the_same_car_then_and_an_equally_old_one(regression: Regression) -> None:
    later = date(AS_OF.year + 3, AS_OF.month, AS_OF.day)
    answer = predict_out_of_period(regression, _features(later, [2018]), trained=AS_OF)[0]
    then, equally_old = (_estimates(regression, _features(AS_OF, [year]))[0] for year in (2018, 2015))
    assert equally_old < answer < then


def test_adjusted_samples_stand_at_one_level() -> None:
    frame = inflated(dated(900), APRIL, 1.5)
    index = market_index(frame)
    adjusted = level_adjusted(frame, index, to=APRIL)
    assert adjusted.height == frame.height
    assert list(levels(market_index(adjusted)).values()) == pytest.approx([100, 100, 100], abs=0.5)
    is_april = frame["listed_on"] >= APRIL
    assert adjusted.filter(is_april)["price_pkr"].equals(frame.filter(is_april)["price_pkr"])
    stranger = frame.head(1).with_columns(listed_on=pl.lit(date(2024, 1, 1)))
    assert level_adjusted(stranger, index, to=APRIL).is_empty()
