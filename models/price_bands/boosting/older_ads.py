"""Learn the relative prices of cars from older ads, whose price level is no longer the present one.

Ads from more than `OLD_AFTER_DAYS` before the market day (removed ones from `GONE_AFTER_DAYS`) get a linear model of
their own. It predicts two prices of each fresh car at that time: with the same model year, and with the same age. Both
are inputs of the booster beside the fresh ads' own linear estimate, so the booster learns how prices have moved since.
Sources name cars differently over the years, so here a model is identified by its first word (its family), and the
words after it count as trim words.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.price_bands.inputs.columns import DAYS_PER_YEAR, Floats, columns_of, combine
from models.price_bands.inputs.encoder import CODES, COUNTED_KEYS, Encoder
from models.price_bands.inputs.features import CarFeatures
from models.price_bands.linear.ridge import LinearModel, fit_linear

OLD_AFTER_DAYS = 365
GONE_AFTER_DAYS = 90
"""The same for removed ads, whose price is no longer asked; until then they count like live ones."""
FEWEST_OLD = 1_000
"""With fewer older ads there is no model of them: it would add little and cost two more predictions for each car."""

HISTORY_INPUTS = ("then_same_year", "then_same_age", "then_family_count")


@dataclass(frozen=True)
class History:
    """A linear model of older ads and how many years before the market day they were listed."""

    encoder: Encoder
    linear: LinearModel
    years_ago: float

    def inputs(self, features: CarFeatures) -> Floats:
        """Compute `HISTORY_INPUTS`: log prices then, without the mileage, and log(1 + older ads of the family)."""
        cars = self.encoder.encode(replace(_by_family(features), km=np.full(features.height, np.nan)))
        both = cars.twice()  # the first half keeps the model year, the second half the age
        both.age[: cars.height] = np.maximum(cars.age - self.years_ago, 0.0)
        both.codes[cars.height :, CODES.index("year")] -= round(self.years_ago)
        same_year, same_age = self.linear.predict(both).without_mileage.reshape(2, -1)
        return columns_of((same_year, same_age, np.log1p(cars.counts[:, COUNTED_KEYS.index("model_key")])))

    def cars_of_family(self, features: CarFeatures) -> Floats:
        """Count the older ads of each car's family."""
        _, _, count = self.encoder.years_of_model(features.keys["family_key"])  # here a model's key is its family
        return count

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return the state as JSON values and named arrays."""
        encoder, encoder_arrays = self.encoder.state()
        linear, linear_arrays = self.linear.state()
        arrays = {f"history_{name}": values for name, values in (encoder_arrays | linear_arrays).items()}
        return {"encoder": encoder, "linear": linear, "years_ago": self.years_ago}, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "History":
        """Restore the history that `state` described."""
        own = {name.removeprefix("history_"): values for name, values in arrays.items() if name.startswith("history_")}
        encoder = Encoder.from_state(state["encoder"], own)
        return cls(encoder, LinearModel.from_state(state["linear"], own), state["years_ago"])


def is_old(listed_on: pl.Series, *, as_of: date) -> pl.Series:
    """Tell which ads are too old to show the price level on `as_of`; an ad without a date is not."""
    return (listed_on < as_of - timedelta(days=OLD_AFTER_DAYS)).fill_null(value=False)


def older_ads(ads: pl.DataFrame, *, as_of: date) -> pl.Series:
    """Tell which ads are used for relative prices alone: old ones, and removed ones older than `GONE_AFTER_DAYS`.

    Args:
        ads: `listed_on`, and `is_live` where some were removed.
        as_of: the market day.
    """
    old = is_old(ads["listed_on"], as_of=as_of)
    if "is_live" not in ads.columns:
        return old
    removed = (ads["listed_on"] < as_of - timedelta(days=GONE_AFTER_DAYS)).fill_null(value=False)
    return old | (removed & ~ads["is_live"])


def fit_history(features: CarFeatures, log_price: Floats, listed_on: pl.Series, *, as_of: date) -> History | None:
    """Fit the model of older ads; None for fewer than `FEWEST_OLD`.

    Args:
        features: of the older ads.
        log_price: their log asking prices.
        listed_on: their days.
        as_of: the market day of the fresh ads.
    """
    if features.height < FEWEST_OLD:
        return None
    cars = _by_family(features)
    encoder = Encoder.fit(cars)
    years_ago = float(np.median((pl.Series([as_of]) - listed_on).dt.total_days().to_numpy())) / DAYS_PER_YEAR
    return History(encoder, fit_linear(encoder.encode(cars), log_price, encoder.sizes), years_ago)


def _by_family(features: CarFeatures) -> CarFeatures:
    """Identify cars by make and first word of the model; the model's other words join the trim words."""
    variant = combine(features.model_rest, features.variant, _distinct_words)
    keys = features.keys | {"model_key": features.keys["family_key"]}
    return replace(features, keys=keys).with_variant(variant)


def _distinct_words(first: str, second: str) -> str:
    return " ".join(dict.fromkeys(f"{first} {second}".split()))
