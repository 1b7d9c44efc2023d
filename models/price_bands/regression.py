"""The price model proper: a linear estimate, a LightGBM estimate that knows the linear one, and their spread.

The estimate of log price is `LINEAR_SHARE` of the linear part and the rest LightGBM: in cross-validation on public
ads the linear part alone had the smaller median error (sparse trims of sparse models need shrinkage, which trees lack)
and the blend the smaller mean error (trees know that a luxury car is worth little at twenty).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import lightgbm
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.price_bands.boost import load_booster, price_inputs, run_booster, spread_inputs
from models.price_bands.encode import EncodedCars, Encoder, Floats
from models.price_bands.linear import LinearModel

LINEAR_SHARE = 0.7
_SMALLEST_SPREAD, _LARGEST_SPREAD = 0.005, 3.0


@dataclass(frozen=True)
class Estimates:
    """For each car: log price, and the spread (a typical absolute error of log price)."""

    middle: Floats
    spread: Floats
    model_count: Floats  # training cars of the same model
    age: Floats  # years


@dataclass(frozen=True)
class Middle:
    """Log prices of cars: linear, boosted and blended; and the encoded cars they are of."""

    cars: EncodedCars
    linear: Floats
    boosted: Floats

    @property
    def blend(self) -> Floats:
        """The estimate."""
        return LINEAR_SHARE * self.linear + (1 - LINEAR_SHARE) * self.boosted

    def inputs(self) -> Floats:
        """What the spread is predicted from."""
        return spread_inputs(self.cars, self.linear, self.boosted, self.blend)


@dataclass(frozen=True)
class PricePart:
    """Encoder, linear part and booster: all that gives a middle."""

    encoder: Encoder
    linear: LinearModel
    booster_text: str

    @cached_property
    def booster(self) -> lightgbm.Booster:
        """The loaded booster."""
        return load_booster(self.booster_text)

    def estimate(self, features: pl.DataFrame) -> Middle:
        """Log prices of cars that have a make, a model and a year."""
        cars = self.encoder.encode(features)
        linear = self.linear.predict(cars)
        return Middle(cars, linear, run_booster(self.booster, price_inputs(cars, linear)))


@dataclass(frozen=True)
class Regression:
    """The price part and the booster of its spread."""

    price: PricePart
    spread_text: str

    @cached_property
    def spread_booster(self) -> lightgbm.Booster:
        """The loaded booster."""
        return load_booster(self.spread_text)

    def estimate(self, features: pl.DataFrame) -> Estimates:
        """Middles and spreads of cars that have a make, a model and a year."""
        middle = self.price.estimate(features)
        spread = spread_of(self.spread_booster, middle.inputs())
        return Estimates(middle.blend, spread, middle.cars.counts["model_key"], middle.cars.age)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Everything, as a JSON part and named arrays."""
        encoder, encoder_arrays = self.price.encoder.state()
        linear, linear_arrays = self.price.linear.state()
        texts = {"price_booster": self.price.booster_text, "spread_booster": self.spread_text}
        return {"encoder": encoder, "linear": linear, **texts}, encoder_arrays | linear_arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "Regression":
        """The regression that `state` described."""
        encoder = Encoder.from_state(state["encoder"], arrays)
        linear = LinearModel.from_state(state["linear"], arrays)
        return cls(PricePart(encoder, linear, state["price_booster"]), state["spread_booster"])


def spread_of(booster: lightgbm.Booster, inputs: Floats) -> Floats:
    """The spread that a spread booster sees in its inputs, within believable bounds."""
    return np.clip(np.exp(run_booster(booster, inputs)), _SMALLEST_SPREAD, _LARGEST_SPREAD)
