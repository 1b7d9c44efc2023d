"""Use a market of years ago in two ways, for `bench.price_bands.level`: by its model, or by adjusting its prices.

A model of October 2022 cannot separate a car's age from its model year, since it saw both on one day only. A car
of 2018 in 2025 has a pair of year and age that was not in its training data. So three predictions are averaged: of the
car as it is, of the same car on the training day, and of an equally old car on the training day. Their mean had the
smaller error after the level correction, by cross-validation among ads of April 2025 (14.5 against 14.7 %).
"""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from models.price_bands.boosting.regressor import Regression
from models.price_bands.inputs.columns import Floats, decimal_year
from models.price_bands.inputs.features import OLDEST_AGE, CarFeatures, build


def predict_out_of_period(regression: Regression, features: CarFeatures, *, trained: date) -> Floats:
    """Predict log prices by a model trained on the day `trained`; `level.fit_level` then corrects their level.

    Args:
        regression: the old model's.
        features: of cars looked at today.
        trained: the day of the ads that it was trained on.
    """
    then = decimal_year(trained)
    same_car = replace(features, age=np.clip(then - features.year, 0.0, OLDEST_AGE))
    as_old = replace(features, year=np.rint(then - features.age).astype(np.int64))
    answers = [regression.estimate(regression.fill(cars)).log_price for cars in (features, same_car, as_old)]
    return np.asarray(np.mean(answers, axis=0), np.float64)


def level_adjusted(samples: pl.DataFrame, index: pl.DataFrame, *, to: date) -> pl.DataFrame:
    """Bring `price_pkr` to the level of the month of `to`; rows whose level is unknown are left out.

    Each row moves by its model's levels, else its make's, else the market's: by the finest segment that has both
    months. A row that is of that month already stays as it is.
    """
    target = to.replace(day=1)
    keys = build(samples, as_of=to).select("make_key", "model_key")
    rows = samples.hstack(keys.with_columns(_market=pl.lit(""), _month=samples["listed_on"].dt.truncate("1mo")))
    moves = []
    for kind, key in {"model": "model_key", "make": "make_key", "market": "_market"}.items():
        levels = index.filter(pl.col("segment_kind") == kind)
        then = levels.select(_month="month", _then="level", **{key: pl.col("segment")})
        now = levels.filter(pl.col("month") == target).select(_now="level", **{key: pl.col("segment")})
        joined = rows.join(then, on=[key, "_month"], how="left", maintain_order="left")
        joined = joined.join(now, on=key, how="left", maintain_order="left")
        moves.append((joined["_now"] / joined["_then"]).alias(kind))
    same = pl.when(rows["_month"] == target).then(1.0).alias("same")
    factor = pl.DataFrame(moves).select(pl.coalesce(same, "model", "make", "market").alias("factor"))["factor"]
    price = (samples["price_pkr"] * factor).round().cast(pl.Int64).alias("price_pkr")
    return samples.with_columns(price).filter(factor.is_not_null())
