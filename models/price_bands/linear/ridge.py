"""The linear part: a sum of small weights, shrunk by how much is believed of each, robust to absurd prices.

Log price = centre + sum over the terms of `terms.TERMS`. Weights have independent normal priors with the terms'
scales (ridge regression in scaled columns) and the noise is Student's t, so that an ad that slipped a zero pulls
little. Older cars are noisier; the noise level follows the residuals by age. Solved by conjugate gradients on the
sparse design: a few hundred passes over it, deterministic, linear in the number of cars.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from models.price_bands.inputs.encoder import EncodedCars, Floats, Ints
from models.price_bands.linear.monotone_mileage import falling
from models.price_bands.linear.terms import BASIS_CODES, MILEAGE_TERMS, TERMS, Term, bases, rows_and_keys

NOISE = 0.0714
"""Standard deviation of log price among equal cars of middling age."""
_FREEDOM = 4.0
_ROUNDS = 6
_TOLERANCE = 1e-4
_MOST_STEPS = 400
_NOISE_AGES = np.array([0.0, 4.0, 8.0, 12.0, 16.0, 22.0, 30.0, 40.0])
_CHUNK = 50_000


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
    """Sorted keys of each term, and a weight for each (already multiplied by the term's scale)."""

    centre: float
    keys: dict[str, Ints]
    weights: dict[str, Floats]

    def predict(self, cars: EncodedCars) -> "LinearEstimate":
        """Log prices, with what the mileage is worth apart."""
        without, mileage = np.full(cars.height, self.centre), np.zeros(cars.height)
        for name, amount in self.contributions(cars).items():
            if name in MILEAGE_TERMS:
                mileage += amount
            else:
                without += amount
        return LinearEstimate(without, mileage)

    def contributions(self, cars: EncodedCars) -> dict[str, Floats]:
        """By term: what it adds to each car's log price. With `centre` they sum to the estimate."""
        values = bases(cars)
        found: dict[str, Floats] = {}
        for term in TERMS:
            rows, columns, amounts = _entries(term, cars, values, self.keys[term.name])
            weights = amounts * self.weights[term.name][columns]
            found[term.name] = np.bincount(rows, weights=weights, minlength=cars.height).astype(np.float64)
        return found

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Everything, as a JSON part and named arrays."""
        arrays: dict[str, NDArray[Any]] = {f"keys_{name}": keys for name, keys in self.keys.items()}
        return {"centre": self.centre}, arrays | {f"weights_{name}": w for name, w in self.weights.items()}

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "LinearModel":
        """The model that `state` described."""
        names = [term.name for term in TERMS]
        return cls(state["centre"], {n: arrays[f"keys_{n}"] for n in names}, {n: arrays[f"weights_{n}"] for n in names})


def fit_linear(cars: EncodedCars, log_price: Floats) -> LinearModel:
    """Fit the weights to cars whose log price is known."""
    keys = {term.name: _learn_keys(term, cars, values) for values in [bases(cars)] for term in TERMS}
    design = _design(cars, keys)
    centre = float(np.median(log_price))
    weights = _robust_ridge(design, log_price - centre, cars.age)
    found: dict[str, Floats] = {}
    start = 0
    for term in TERMS:
        stop = start + len(keys[term.name])
        found[term.name] = weights[start:stop] * term.scale
        start = stop
    return LinearModel(centre, *falling(keys, found, cars))


def _learn_keys(term: Term, cars: EncodedCars, values: dict[str, Any]) -> Ints:
    rows, combined, known = rows_and_keys(term, cars)
    codes, amounts = values[term.basis]
    full = combined[:, None] * BASIS_CODES + codes[rows]
    return np.unique(full[known[:, None] & (amounts[rows] != 0)])


def _entries(term: Term, cars: EncodedCars, values: dict[str, Any], keys: Ints) -> tuple[Ints, Ints, Floats]:
    """Rows, columns within the term, and amounts of its non-zero design entries."""
    rows, combined, known = rows_and_keys(term, cars)
    codes, amounts = values[term.basis]
    full = combined[:, None] * BASIS_CODES + codes[rows]
    amounts = amounts[rows]
    if not len(keys):
        return rows[:0], rows[:0], amounts[:0, 0]
    columns = np.minimum(np.searchsorted(keys, full), len(keys) - 1)
    hit = known[:, None] & (amounts != 0) & (keys[columns] == full)
    return np.broadcast_to(rows[:, None], full.shape)[hit], columns[hit], amounts[hit]


def _design(cars: EncodedCars, keys: dict[str, Ints]) -> sparse.csr_array:
    values = bases(cars)
    blocks = []
    for term in TERMS:
        rows, columns, amounts = _entries(term, cars, values, keys[term.name])
        shape = (cars.height, len(keys[term.name]))
        blocks.append(sparse.csr_array((amounts * term.scale, (rows, columns)), shape=shape))
    return sparse.csr_array(sparse.hstack(blocks, format="csr"))


def _robust_ridge(design: sparse.csr_array, target: Floats, age: Floats) -> Floats:
    """Iteratively reweighted ridge: Student's t noise whose level follows age after the first two rounds."""
    weights = np.zeros(design.shape[1])
    trust = np.ones(len(target))
    noise = np.full(len(target), NOISE)
    transposed = sparse.csr_array(design.T)
    for number in range(_ROUNDS):
        weights = _conjugate_gradients(design, transposed, trust * (NOISE / noise) ** 2, target, weights)
        residual = target - design @ weights
        if number == 1:
            noise = _noise_by_age(residual, age)
        trust = (_FREEDOM + 1) / (_FREEDOM + (residual / noise) ** 2)
    return weights


def _noise_by_age(residual: Floats, age: Floats) -> Floats:
    near = [np.abs(residual[np.abs(age - knot) < 4]) for knot in _NOISE_AGES]
    known = np.array([len(values) > 20 for values in near])
    if not known.any():
        return np.full(len(residual), NOISE)
    level = np.array([np.median(values) for values, enough in zip(near, known, strict=True) if enough])
    by_car = np.interp(age, _NOISE_AGES[known], level)
    middling = float(np.median(by_car))
    return NOISE * np.clip(by_car / middling, 0.5, 4.0) if middling > 0 else np.full(len(residual), NOISE)


def _conjugate_gradients(
    design: sparse.csr_array, transposed: sparse.csr_array, trust: Floats, target: Floats, start: Floats
) -> Floats:
    """Solve (X'WX + noise² I) b = X'Wy, preconditioned by the diagonal, from `start`."""
    goal = transposed @ (trust * target)
    diagonal = transposed.multiply(transposed) @ trust + NOISE**2
    solution = start.copy()
    residual = goal - transposed @ (trust * (design @ solution)) - NOISE**2 * solution
    scaled = residual / diagonal
    direction = scaled.copy()
    power = _dot(residual, scaled)
    enough = _TOLERANCE**2 * _dot(goal, goal)
    for _ in range(_MOST_STEPS):
        if _dot(residual, residual) <= enough:
            break
        image = transposed @ (trust * (design @ direction)) + NOISE**2 * direction
        step = power / _dot(direction, image)
        solution += step * direction
        residual -= step * image
        scaled = residual / diagonal
        power, before = _dot(residual, scaled), power
        direction = scaled + (power / before) * direction
    return solution


def _dot(first: Floats, second: Floats) -> float:
    """Summed by numpy itself: the last bits of a threaded BLAS depend on how many threads it has."""
    return float((first * second).sum())
