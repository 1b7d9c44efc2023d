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

from models.price_bands.boosting.ladder import Ladder
from models.price_bands.boosting.older_ads import History
from models.price_bands.boosting.residual_trees import load_booster, run_booster, spread_inputs
from models.price_bands.inputs.columns import Booleans, Floats, Ints
from models.price_bands.inputs.encoder import COUNTED_KEYS, Encoder
from models.price_bands.inputs.features import CarFeatures
from models.price_bands.inputs.unstated import Filled, UsualValues
from models.price_bands.linear.formula import AGE_KNOTS
from models.price_bands.linear.monotone_age import at_age, falling
from models.price_bands.linear.ridge import LinearModel
from models.price_bands.linear.terms import linear_spline_basis

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
class EstimatesByAge:
    """Estimates of cars at every age: the first three are (cars, `formula.AGE_KNOTS`), else as `Estimates`."""

    log_price: Floats  # it may rise with age until `falling` is applied, which is the last step
    spread: Floats
    sample_size: Floats
    age: Floats
    unstated: Booleans

    def own(self) -> Estimates:
        """Read the estimates at the age that each car has."""
        near = linear_spline_basis(self.age, AGE_KNOTS)
        nearest = near.codes[:, [0]] + (near.values[:, [1]] > 0.5)
        size = np.take_along_axis(self.sample_size, nearest, axis=1)[:, 0]
        return Estimates(at_age(falling(self.log_price), self.age), at_age(self.spread, self.age), size, self.age,
                         self.unstated)  # fmt: skip


@dataclass(frozen=True)
class PointEstimate:
    """Log prices of cars at every age knot, with what they were made of."""

    ladder: Ladder
    log_price: Floats  # as EstimatesByAge.log_price
    sample_size: Floats  # as EstimatesByAge.sample_size

    def spread_inputs(self) -> Floats:
        """Build the matrix that the spread is learnt from: of the cars at the age that they have."""
        ladder = self.ladder
        own = at_age(falling(self.log_price), ladder.cars.age)
        return spread_inputs(ladder.inputs, ladder.linear.total, own, ladder.unstated)

    def with_spread(self, spread: Floats) -> EstimatesByAge:
        """Add the spread at every age knot."""
        return EstimatesByAge(self.log_price, spread, self.sample_size, self.ladder.cars.age, self.ladder.unstated)


@dataclass(frozen=True)
class PricePart:
    """Usual values, encoder, linear part, history (where there are older ads) and booster: all but the spread."""

    usual: UsualValues
    encoder: Encoder
    linear: LinearModel
    booster_text: str
    history: History | None = None

    @cached_property
    def booster(self) -> lightgbm.Booster:
        """The loaded booster."""
        return load_booster(self.booster_text)

    def estimate(self, cars: Filled) -> PointEstimate:
        """Estimate log prices of cars that have a make, a model and a year."""
        encoded = self.encoder.encode(cars.features)
        past = None if self.history is None else self.history.inputs(cars.features)
        ladder = Ladder(encoded, self.linear.predict(encoded), past, cars.unstated)
        log_price = ladder.prices(lambda inputs: run_booster(self.booster, inputs))
        first, last, _ = self.encoder.years_of_model(cars.features.keys["model_key"])
        year = (cars.features.year + cars.features.age)[:, None] - AGE_KNOTS
        in_reach = (year >= first[:, None] - YEAR_REACH) & (year <= last[:, None] + YEAR_REACH)
        of_model = encoded.counts[:, [COUNTED_KEYS.index("model_key")]]
        return PointEstimate(ladder, log_price, np.where(in_reach, of_model, 0.0))

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

    def estimate(self, cars: Filled) -> EstimatesByAge:
        """Estimate log prices and spreads, as `PricePart.estimate`."""
        point = self.price.estimate(cars)
        spread = point.ladder.spreads(lambda inputs: spread_of(self.spread_booster, inputs), point.log_price)
        return point.with_spread(spread)

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
        return state, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "Regression":
        """Restore the regression that `state` described."""
        usual = UsualValues.from_state(state["usual"], arrays)
        encoder = Encoder.from_state(state["encoder"], arrays)
        linear = LinearModel.from_state(state["linear"], arrays)
        history = History.from_state(state["history"], arrays) if "history" in state else None
        return cls(PricePart(usual, encoder, linear, state["price_booster"], history), state["spread_booster"])


def spread_of(booster: lightgbm.Booster, inputs: Floats) -> Floats:
    """Predict the spread from its inputs, within believable bounds."""
    return np.clip(np.exp(run_booster(booster, inputs)), SMALLEST_SPREAD, LARGEST_SPREAD)
