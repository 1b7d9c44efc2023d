"""The linear part: a sum of small weights, shrunk by their priors, robust to absurd prices.

Log price = centre + sum over the terms of `formula.TERMS`, fitted by `robust_ridge`. Older cars are noisier; the noise
level follows the residuals by age.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.price_bands.inputs.columns import Floats
from models.price_bands.inputs.encoder import CODES, EncodedCars
from models.price_bands.linear.design import Design
from models.price_bands.linear.formula import MILEAGE_BASES, TERMS, bases
from models.price_bands.linear.monotone_mileage import falling
from models.price_bands.linear.robust_ridge import StudentNoise, fit

NOISE = 0.0714
"""Standard deviation of log price among equal cars of middling age."""
_FREEDOM, _ROUNDS, _TOLERANCE = 4.0, 6, 1e-4
_ROUND_OF_NOISE = 1
_NOISE_AGES = np.array([0.0, 4.0, 8.0, 12.0, 16.0, 22.0, 30.0, 40.0])
_AT_ONCE = 4_096


@dataclass(frozen=True)
class LinearEstimate:
    """Log prices of cars in two parts: all but the mileage, and what the mileage adds."""

    without_mileage: Floats
    mileage: Floats

    @property
    def total(self) -> Floats:
        """The log price."""
        return self.without_mileage + self.mileage


@dataclass(frozen=True)
class LinearModel:
    """A design and a weight for each of its columns."""

    centre: float
    design: Design
    weights: Floats

    def predict(self, cars: EncodedCars) -> LinearEstimate:
        """Estimate log prices, with the part of the mileage given separately."""
        without, mileage = np.empty(cars.height), np.empty(cars.height)
        for start in range(0, cars.height, _AT_ONCE):
            part = cars if cars.height <= _AT_ONCE else cars.part(start, start + _AT_ONCE)
            sums = self.design.sums(self.design.entries(part, bases(part)), self.weights, self._splits)
            without[start : start + _AT_ONCE], mileage[start : start + _AT_ONCE] = self.centre + sums[0], sums[1]
        return LinearEstimate(without, mileage)

    @cached_property
    def _splits(self) -> tuple[int, int]:
        """Return the ends of the entries: of terms without the mileage, and of all terms."""
        return self.design.places(lambda term: term.basis not in MILEAGE_BASES), self.design.places(lambda _term: True)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return the state as JSON values and named arrays."""
        design = self.design
        arrays = {"linear_sizes": design.sizes, "linear_known": design.known, "linear_weights": self.weights}
        return {"centre": self.centre, "shapes": design.shapes}, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "LinearModel":
        """Restore the model that `state` described."""
        shapes = {name: (width, places) for name, (width, places) in state["shapes"].items()}
        design = Design(TERMS, CODES, arrays["linear_sizes"], shapes, arrays["linear_known"])
        return cls(state["centre"], design, arrays["linear_weights"])


def fit_linear(cars: EncodedCars, log_price: Floats, sizes: NDArray[np.int64]) -> LinearModel:
    """Fit the weights to cars whose log price is known; `sizes` are the encoder's."""
    values = bases(cars)
    design = Design.learn(TERMS, cars, values, sizes)
    centre = float(np.median(log_price))

    def noise_by_age(residual: Floats, number: int) -> Floats | None:
        return _noise_by_age(residual, cars.age) if number == _ROUND_OF_NOISE else None

    noise = StudentNoise(NOISE, _FREEDOM, _ROUNDS, _TOLERANCE, noise_by_age)
    found = fit(design.matrix(cars, values), design.scales, log_price - centre, noise)
    return LinearModel(centre, design, falling(design, found.weights, cars))


def _noise_by_age(residual: Floats, age: Floats) -> Floats:
    near = [np.abs(residual[np.abs(age - knot) < 4]) for knot in _NOISE_AGES]
    known = np.array([len(values) > 20 for values in near])
    if not known.any():
        return np.full(len(residual), NOISE)
    level = np.array([np.median(values) for values, enough in zip(near, known, strict=True) if enough])
    by_car = np.interp(age, _NOISE_AGES[known], level)
    middling = float(np.median(by_car))
    return NOISE * np.clip(by_car / middling, 0.5, 4.0) if middling > 0 else np.full(len(residual), NOISE)
