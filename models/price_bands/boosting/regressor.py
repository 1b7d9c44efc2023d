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

from models.price_bands.boosting.older_ads import History
from models.price_bands.boosting.residual_trees import load_booster, price_inputs, run_booster, spread_inputs
from models.price_bands.inputs.encoder import EncodedCars, Encoder, Floats, Ints
from models.price_bands.linear.ridge import LinearEstimate, LinearModel

YEAR_REACH, FAR_REACH = 5, 15
"""Years outside those that training saw of a model, up to which the regression answers by model and by family."""

FEWEST_OF_FAMILY = 5
"""So many older ads of a family let the regression answer for a model that the fresh ads do not have."""

BY_MODEL, BY_FAMILY, CANNOT = 2, 1, 0
SMALLEST_SPREAD, LARGEST_SPREAD = 0.005, 3.0


@dataclass(frozen=True)
class Estimates:
    """For each car: log price, and the spread (a typical absolute error of log price)."""

    middle: Floats
    spread: Floats
    model_count: Floats  # training cars of the same model; 0 where the year is out of their reach
    age: Floats  # years


@dataclass(frozen=True)
class Middle:
    """Log prices of cars: the linear part's and the estimate; the encoded cars they are of; the booster's inputs."""

    cars: EncodedCars
    peers: Floats  # as Estimates.model_count
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

    @cached_property
    def makes_and_families(self) -> tuple[frozenset[str], frozenset[str]]:
        """What training saw of each."""
        known = self.encoder.vocabularies
        return frozenset(known["make_key"]), frozenset(known["family_key"])

    def estimate(self, features: pl.DataFrame) -> Middle:
        """Log prices of cars that have a make, a model and a year."""
        cars = self.encoder.encode(features)
        linear = self.linear.predict(cars)
        history = None if self.history is None else self.history.inputs(features)
        missed = run_booster(self.booster, price_inputs(cars, linear.without_mileage, history))
        peers = np.where(self.reach(features) == BY_MODEL, cars.counts["model_key"], 0.0)
        return Middle(cars, peers, linear, history, linear.total + missed)

    def reach(self, features: pl.DataFrame) -> Ints:
        """How well each car is known: `BY_MODEL`, `BY_FAMILY` (its model at other years, its family) or `CANNOT`."""
        first, last, count = self.encoder.years_of_model(features)
        year = features["model_year"].cast(pl.Float64).fill_null(0.0).to_numpy()
        outside = np.maximum(np.maximum(first - year, year - last), 0.0)  # NaN for an unknown model
        makes, families = self.makes_and_families
        of_family = np.array([key in families for key in features["family_key"].to_list()], dtype=np.bool_)
        if self.history is not None:
            of_family |= self.history.cars_of_family(features) >= FEWEST_OF_FAMILY
        of_family &= np.array([key in makes for key in features["make_key"].to_list()], dtype=np.bool_)
        known = count > 0
        near, far = known & (outside <= YEAR_REACH), (known & (outside <= FAR_REACH)) | (~known & of_family)
        return np.where(near, BY_MODEL, np.where(far, BY_FAMILY, CANNOT)).astype(np.int64)


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
        return Estimates(middle.boosted, spread, middle.peers, middle.cars.age)

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
    return np.clip(np.exp(run_booster(booster, inputs)), SMALLEST_SPREAD, LARGEST_SPREAD)
