"""The price model proper: a linear estimate, what LightGBM adds to it, and how far off the sum is likely to be.

The linear part knows sparse trims of sparse models, which need shrinkage that trees lack; the trees know what is no
sum (a luxury car is worth little at twenty) and what older ads say. See docs/decisions/0009.
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
from models.price_bands.history import History
from models.price_bands.linear import LinearEstimate, LinearModel

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
    """Log prices of cars: the linear part's and the estimate; the encoded cars they are of; the booster's inputs."""

    cars: EncodedCars
    linear: LinearEstimate
    history: Floats | None
    boosted: Floats  # the estimate

    def inputs(self) -> Floats:
        """What the spread is predicted from."""
        inputs = price_inputs(self.cars, self.linear.without_mileage, self.history)
        return spread_inputs(inputs, self.linear.total, self.boosted)


@dataclass(frozen=True)
class PricePart:
    """Encoder, linear part, history (where there are older ads) and booster: all that gives a middle."""

    encoder: Encoder
    linear: LinearModel
    booster_text: str
    history: History | None = None

    @cached_property
    def booster(self) -> lightgbm.Booster:
        """The loaded booster."""
        return load_booster(self.booster_text)

    def estimate(self, features: pl.DataFrame) -> Middle:
        """Log prices of cars that have a make, a model and a year."""
        cars = self.encoder.encode(features)
        linear = self.linear.predict(cars)
        history = None if self.history is None else self.history.inputs(features)
        missed = run_booster(self.booster, price_inputs(cars, linear.without_mileage, history))
        return Middle(cars, linear, history, linear.total + missed)


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
        return Estimates(middle.boosted, spread, middle.cars.counts["model_key"], middle.cars.age)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Everything, as a JSON part and named arrays."""
        encoder, encoder_arrays = self.price.encoder.state()
        linear, linear_arrays = self.price.linear.state()
        texts = {"price_booster": self.price.booster_text, "spread_booster": self.spread_text}
        state, arrays = {"encoder": encoder, "linear": linear, **texts}, encoder_arrays | linear_arrays
        if self.price.history is not None:
            state["history"], history_arrays = self.price.history.state()
            arrays |= history_arrays
        return state, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "Regression":
        """The regression that `state` described."""
        encoder = Encoder.from_state(state["encoder"], arrays)
        linear = LinearModel.from_state(state["linear"], arrays)
        history = History.from_state(state["history"], arrays) if "history" in state else None
        return cls(PricePart(encoder, linear, state["price_booster"], history), state["spread_booster"])


def spread_of(booster: lightgbm.Booster, inputs: Floats) -> Floats:
    """The spread that a spread booster sees in its inputs, within believable bounds."""
    return np.clip(np.exp(run_booster(booster, inputs)), _SMALLEST_SPREAD, _LARGEST_SPREAD)
