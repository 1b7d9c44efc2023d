"""The regression: a linear estimate of log price, the correction that LightGBM adds, and the spread of the errors.

The linear part handles sparse trims of sparse models, which need shrinkage that trees lack; the trees handle
interactions (a luxury car is worth little at twenty) and the estimates from older ads. See docs/decisions/0009.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.price_bands.boosting.older_ads import History
from models.price_bands.boosting.residual_trees import load_booster, price_inputs, run_booster, spread_inputs
from models.price_bands.boosting.smooth_years import SmoothYears
from models.price_bands.inputs.columns import Booleans, Floats, Ints
from models.price_bands.inputs.encoder import COUNTED_KEYS, EncodedCars, Encoder
from models.price_bands.inputs.features import CarFeatures
from models.price_bands.inputs.unstated import Filled, UsualValues
from models.price_bands.linear.ridge import LinearEstimate, LinearModel

YEAR_REACH, FAR_REACH = 5, 15
"""Years outside those that training saw of a model, up to which the regression answers by model and by family."""

FEWEST_OF_FAMILY = 5
"""With this many older ads of a family, the regression prices a model that the fresh ads lack."""

BY_MODEL, BY_FAMILY, CANNOT = 2, 1, 0
SMALLEST_SPREAD, LARGEST_SPREAD = 0.005, 3.0


@dataclass(frozen=True)
class Estimates:
    """The log price of each car, and its spread (a typical absolute error of log price)."""

    log_price: Floats
    spread: Floats
    sample_size: Floats  # training cars of the same model; 0 where the year is out of their reach
    age: Floats  # years
    unstated: Booleans  # (cars, FIELDS): which inputs were filled with what is usual


@dataclass(frozen=True)
class PointEstimate:
    """Log prices of cars: the linear part's and the estimate; the encoded cars; the price booster's inputs."""

    cars: EncodedCars
    unstated: Booleans
    sample_size: Floats  # as Estimates.sample_size
    linear: LinearEstimate
    inputs: Floats
    log_price: Floats

    def spread_inputs(self) -> Floats:
        """Build the matrix that the spread is predicted from."""
        return spread_inputs(self.inputs, self.linear.total, self.log_price, self.unstated)


def booster_inputs(cars: EncodedCars, linear: LinearEstimate, history: History | None, features: CarFeatures) -> Floats:
    """Build the matrix that the price booster predicts from, with what older ads say where there are any."""
    then = None if history is None else history.inputs(features)
    return price_inputs(cars, linear.without_mileage, then)


@dataclass(frozen=True)
class PricePart:
    """Usual values, encoder, linear part, history (where there are older ads) and booster: all but the spread."""

    usual: UsualValues
    encoder: Encoder
    linear: LinearModel
    booster_text: str
    history: History | None = None
    smooth_years: SmoothYears | None = None

    @cached_property
    def booster(self) -> lightgbm.Booster:
        """The loaded booster."""
        return load_booster(self.booster_text)

    def estimate(self, cars: Filled, tier: Ints | None = None) -> PointEstimate:
        """Estimate log prices of cars that have a make, a model and a year; `tier` is their `answer_tier` if known."""
        tier = self.answer_tier(cars.features) if tier is None else tier
        encoded = self.encoder.encode(cars.features)
        linear = self.linear.predict(encoded)
        inputs = booster_inputs(encoded, linear, self.history, cars.features)
        missed = run_booster(self.booster, inputs)
        of_model = encoded.counts[:, COUNTED_KEYS.index("model_key")]
        sample_size = np.where(tier == BY_MODEL, of_model, 0.0)
        log_price = linear.total + missed
        if self.smooth_years is not None:
            log_price = log_price + self.smooth_years.of(encoded, cars.features.year, cars.unstated)
        return PointEstimate(encoded, cars.unstated, sample_size, linear, inputs, log_price)

    def answer_tier(self, features: CarFeatures) -> Ints:
        """Tell how well each car is known: `BY_MODEL`, `BY_FAMILY` (its model at other years, its family), `CANNOT`."""
        first, last, count = self.encoder.years_of_model(features.keys["model_key"])
        outside = np.maximum(np.maximum(first - features.year, features.year - last), 0.0)  # NaN: an unknown model
        of_family = self.encoder.knows("family_key", features)
        if self.history is not None:
            of_family |= self.history.cars_of_family(features) >= FEWEST_OF_FAMILY
        of_family &= self.encoder.knows("make_key", features)
        known = count > 0
        near, far = known & (outside <= YEAR_REACH), np.where(known, outside <= FAR_REACH, of_family)
        return np.where(near, BY_MODEL, np.where(far, BY_FAMILY, CANNOT))


@dataclass(frozen=True)
class Regression:
    """The price part and the booster of its spread."""

    price: PricePart
    spread_text: str

    @cached_property
    def spread_booster(self) -> lightgbm.Booster:
        """The loaded booster."""
        return load_booster(self.spread_text)

    def fill(self, features: CarFeatures) -> Filled:
        """Fill fields that ads leave out with the usual values of such cars."""
        return self.price.usual.fill(features)

    def estimate(self, cars: Filled, tier: Ints | None = None) -> Estimates:
        """Estimate log prices and spreads, as `PricePart.estimate`."""
        point = self.price.estimate(cars, tier)
        spread = spread_of(self.spread_booster, point.spread_inputs())
        return Estimates(point.log_price, spread, point.sample_size, point.cars.age, point.unstated)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return the state as JSON values and named arrays."""
        state: dict[str, Any] = {"price_booster": self.price.booster_text, "spread_booster": self.spread_text}
        arrays: dict[str, NDArray[Any]] = {}
        parts: dict[str, Any] = {"usual": self.price.usual, "encoder": self.price.encoder, "linear": self.price.linear,
                 "history": self.price.history}  # fmt: skip
        for name, part in parts.items():
            if part is not None:
                state[name], found = part.state()
                arrays |= found
        if self.price.smooth_years is not None:
            arrays |= self.price.smooth_years.arrays()
        return state, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "Regression":
        """Restore the regression that `state` described."""
        usual = UsualValues.from_state(state["usual"], arrays)
        encoder = Encoder.from_state(state["encoder"], arrays)
        linear = LinearModel.from_state(state["linear"], arrays)
        history = History.from_state(state["history"], arrays) if "history" in state else None
        years = SmoothYears.from_arrays(arrays)
        return cls(PricePart(usual, encoder, linear, state["price_booster"], history, years), state["spread_booster"])


def spread_of(booster: lightgbm.Booster, inputs: Floats) -> Floats:
    """Predict the spread from its inputs, within believable bounds."""
    return np.clip(np.exp(run_booster(booster, inputs)), SMALLEST_SPREAD, LARGEST_SPREAD)
