"""What older ads still teach: how cars compare with each other, not what they cost today.

Ads from more than `OLD_AFTER_DAYS` before the market day (removed ones from `GONE_AFTER_DAYS`) get a linear model of
their own. It is asked about each fresh car twice, as it would have been priced then with the same model year and with
the same age; the booster weighs both beside the fresh ads' own linear estimate, and so learns by itself what has moved
since. Sources name cars differently over the years, so a model is known here by its first word, and the words after it
count as trim words.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.price_bands.inputs.encoder import Encoder, Floats
from models.price_bands.linear.ridge import LinearModel, fit_linear

OLD_AFTER_DAYS = 365
GONE_AFTER_DAYS = 90
"""The same for a removed ad, whose price nobody asks any more; until then it is as good evidence as a live one."""
FEWEST_OLD = 1_000
"""Fewer older ads than this are left out: they would say little and cost two more sums a car."""

HISTORY_INPUTS = ("then_same_year", "then_same_age", "then_family_count")
_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class History:
    """A linear model of older ads and how many years before the market day they were listed."""

    encoder: Encoder
    linear: LinearModel
    years_ago: float

    def inputs(self, features: pl.DataFrame) -> Floats:
        """Columns `HISTORY_INPUTS`: log prices then (without mileage) and log(1 + older ads of the family)."""
        cars = _by_family(features).with_columns(km=pl.lit(None, pl.Float64))
        same_year = cars.with_columns(age=(pl.col("age") - self.years_ago).clip(0.0))
        same_age = cars.with_columns(model_year=pl.col("model_year").cast(pl.Int64) - round(self.years_ago))
        estimates, counts = [], np.zeros(features.height)
        for frame in (same_year, same_age):
            encoded = self.encoder.encode(frame)
            counts = encoded.counts["model_key"]
            estimates.append(self.linear.predict(encoded).without_mileage)
        return np.column_stack([*estimates, np.log1p(counts)])

    @cached_property
    def families(self) -> dict[str, float]:
        """Older ads by family."""
        counts = self.encoder.counts["model_key"].tolist()
        return dict(zip(self.encoder.vocabularies["model_key"], counts, strict=True))

    def cars_of_family(self, features: pl.DataFrame) -> Floats:
        """Older ads of each car's family."""
        return np.array([self.families.get(key, 0.0) for key in features["family_key"].to_list()], dtype=np.float64)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Everything, as a JSON part and named arrays."""
        encoder, encoder_arrays = self.encoder.state()
        linear, linear_arrays = self.linear.state()
        arrays = {f"history_{name}": values for name, values in (encoder_arrays | linear_arrays).items()}
        return {"encoder": encoder, "linear": linear, "years_ago": self.years_ago}, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "History":
        """The history that `state` described."""
        own = {name.removeprefix("history_"): values for name, values in arrays.items() if name.startswith("history_")}
        encoder = Encoder.from_state(state["encoder"], own)
        return cls(encoder, LinearModel.from_state(state["linear"], own), state["years_ago"])


def is_old(listed_on: pl.Series, *, as_of: date) -> pl.Series:
    """Whether each ad is too old to say what cars cost on `as_of`; an ad without a date is not."""
    return (listed_on < as_of - timedelta(days=OLD_AFTER_DAYS)).fill_null(False)


def older_ads(ads: pl.DataFrame, *, as_of: date) -> pl.Series:
    """Whether each ad says how cars compare, but no longer what they cost: `is_old`, or removed and nearly so.

    Args:
        ads: `listed_on`, and `is_live` where some were removed.
        as_of: the market day.
    """
    old = is_old(ads["listed_on"], as_of=as_of)
    if "is_live" not in ads.columns:
        return old
    gone = (ads["listed_on"] < as_of - timedelta(days=GONE_AFTER_DAYS)).fill_null(False)
    return old | (gone & ~ads["is_live"])


def fit_history(features: pl.DataFrame, log_price: Floats, listed_on: pl.Series, *, as_of: date) -> History | None:
    """Learn from older ads; None where they are too few.

    Args:
        features: columns of `features.build` of the older ads.
        log_price: their log asking prices.
        listed_on: their days.
        as_of: the market day of the fresh ads.
    """
    if features.height < FEWEST_OLD:
        return None
    cars = _by_family(features)
    encoder = Encoder.fit(cars)
    years_ago = float(np.median((pl.Series([as_of]) - listed_on).dt.total_days().to_numpy())) / _DAYS_PER_YEAR
    return History(encoder, fit_linear(encoder.encode(cars), log_price), years_ago)


def _by_family(features: pl.DataFrame) -> pl.DataFrame:
    """Cars known by make and first word of the model; the model's other words join the trim words."""
    words = pl.concat_list("model_words", "tokens").list.unique(maintain_order=True)
    return features.with_columns(
        model_key=pl.col("family_key"),
        variant_key=pl.col("family_key") + "|" + words.list.join(""),
        tokens=words,
    )
