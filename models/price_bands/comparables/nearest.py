"""Find the cars on offer that are most like a car: the comparables that are shown to people.

A distance of 1 is that of a car one model year older or newer, otherwise equal and advertised today. Differences of
mileage, trim words, gearbox and so on are in that unit; a field that either car does not state counts as half a
difference.
"""

from datetime import date

import polars as pl

from models.price_bands.inputs.features import build

KM_OF_A_YEAR = 15_000.0
DAYS_OF_A_YEAR = 120.0
"""An ad of four months ago is as distant as a car one year older: prices have moved since."""
_DIFFERENT = {"transmission": 1.5, "fuel": 1.5, "assembly": 1.0, "body": 1.0, "city_key": 0.2, "province": 0.2}
_ENGINE = 6.0  # times the logarithm of the ratio of engine sizes
_WORDS = 1.5  # for cars without a trim word in common


def nearest(car: pl.DataFrame, candidates: pl.DataFrame, *, today: date, limit: int) -> pl.DataFrame:
    """Find the nearest candidates, with a column `distance`, nearest first; ties keep the order of `candidates`.

    Args:
        car: one row of canonical columns.
        candidates: canonical columns and others, cars of the same make and model.
        today: the day from which the age of an ad counts; a car without `listed_on` counts as listed today.
        limit: how many at most.
    """
    if candidates.is_empty():
        return candidates.with_columns(distance=pl.lit(None, pl.Float64))
    asked = build(car, as_of=today).row(0, named=True)
    features = build(candidates, as_of=today)
    distance = (pl.col("model_year") - asked["model_year"]).abs().cast(pl.Float64)
    distance += _gap(
        ((pl.col("km") - asked["km"]).abs() if asked["km"] is not None else pl.lit(None)), 1e4 / KM_OF_A_YEAR
    )
    distance += _gap((pl.col("cc") / asked["cc"]).log().abs() if asked["cc"] else pl.lit(None), _ENGINE, unknown=0.02)
    for name, cost in _DIFFERENT.items():
        known = (pl.col(name) != "") & pl.lit(asked[name] != "")
        distance += pl.when(known).then((pl.col(name) != asked[name]) * cost).otherwise(cost / 2)
    words = pl.col("tokens").list.set_intersection(asked["tokens"]).list.len()
    either = pl.col("tokens").list.set_union(asked["tokens"]).list.len()
    distance += (1 - (words / either).fill_nan(0.5)) * _WORDS
    days = (pl.lit(today) - candidates["listed_on"].fill_null(today)).dt.total_days().clip(0)
    found = candidates.with_columns(features.select(distance=distance).to_series())
    found = found.with_columns((pl.col("distance") + days / DAYS_OF_A_YEAR).round(3))
    return found.sort("distance", maintain_order=True).head(limit)


def _gap(difference: pl.Expr, cost: float, *, unknown: float = 1.5) -> pl.Expr:
    """Convert a difference of numbers to model years; `unknown` (in their own unit) where either is not stated."""
    return difference.cast(pl.Float64).fill_null(unknown) * cost
