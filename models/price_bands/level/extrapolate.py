"""Asking a model that is years old: it cannot tell a car's age from its year, since it saw both on one day only.

To a model trained in October 2022 a car of 2018 is four years old; asked about it in 2025 it hears of a year and an age
that never came together. Three questions make sense of that: the car as it is; the same car on the day that the model
knows; an equally old car on that day. None is right alone; their mean had the smaller error after the level
correction, by cross-validation among ads of April 2025 (14.5 against 14.7 %).
"""

from datetime import date

import numpy as np
import polars as pl

from models.price_bands.boosting.regressor import Regression
from models.price_bands.inputs.columns import Floats
from models.price_bands.inputs.features import OLDEST_AGE

_DAYS_PER_YEAR = 365.25


def stale_middle(regression: Regression, features: pl.DataFrame, *, trained: date) -> Floats:
    """Log prices by a model of `trained`, whose level is still to be corrected (`level.fit_level`).

    Args:
        regression: the old model's.
        features: columns of `features.build`, of cars looked at today.
        trained: the day of the ads that it was trained on.
    """
    then = trained.year + (trained.timetuple().tm_yday - 1) / _DAYS_PER_YEAR
    year = pl.col("model_year").cast(pl.Float64)
    same_car = features.with_columns(age=(then - year).clip(0.0, OLDEST_AGE))
    as_old = features.with_columns(model_year=(then - pl.col("age")).round().cast(features["model_year"].dtype))
    answers = [regression.estimate(cars).middle for cars in (features, same_car, as_old)]
    return np.mean(answers, axis=0)
