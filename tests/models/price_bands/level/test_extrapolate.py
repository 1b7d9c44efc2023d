"""An old model is asked three ways, and the three agree about a car of the day that it knows."""

from datetime import date

import numpy as np
import polars as pl

from models.price_bands.artifact import PriceBandModel
from models.price_bands.inputs.features import build
from models.price_bands.level.extrapolate import stale_middle
from tests.models.price_bands.conftest import AS_OF


def _features(day: date, years: list[int]) -> pl.DataFrame:
    frame = pl.DataFrame({"make": "Toyota", "model": "Corolla", "model_year": years, "mileage_km": 80_000})
    return build(frame, as_of=day)


def test_on_the_day_that_the_model_knows_there_is_one_answer(model: PriceBandModel) -> None:
    assert model.regression is not None
    features = _features(AS_OF, [2010, 2018, 2023])
    np.testing.assert_allclose(
        stale_middle(model.regression, features, trained=AS_OF), model.regression.estimate(features).middle, atol=0.02
    )


def test_years_later_the_answer_lies_between_the_same_car_then_and_an_equally_old_one(model: PriceBandModel) -> None:
    assert model.regression is not None
    later = date(AS_OF.year + 3, AS_OF.month, AS_OF.day)
    answer = stale_middle(model.regression, _features(later, [2018]), trained=AS_OF)[0]
    then, equally_old = (model.regression.estimate(_features(AS_OF, [year])).middle[0] for year in (2018, 2015))
    assert equally_old < answer < then
