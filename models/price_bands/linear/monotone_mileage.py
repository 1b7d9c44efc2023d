"""The promise about mileage: the same car with more kilometres is never worth more in the middle.

The booster keeps it by LightGBM's constraint. The linear part keeps it because `falling` bends its weights: over the
mileage knots, at each age knot, the weights become the nearest that never rise (pool adjacent violators, weighted by
how many cars each knot has); slopes of mileage and of use may not be positive for any model. Between the knots the
estimate is a mixture of its neighbours, so what falls at the knots falls everywhere.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.price_bands.inputs.encoder import EncodedCars, Floats, Ints
from models.price_bands.linear.terms import AGE_KNOTS, BASIS_CODES, KM_KNOTS, bases

AGE_CODES = 64
"""In the product basis the code of a pair of knots is `mileage * AGE_CODES + age`."""

_LIGHTEST = 0.5  # cars that a knot counts for at least


def falling(
    keys: Mapping[str, Ints], weights: Mapping[str, Floats], cars: EncodedCars
) -> tuple[dict[str, Ints], dict[str, Floats]]:
    """Keys and weights of a linear model, bent so that its estimate never rises with mileage.

    Args:
        keys, weights: as in `LinearModel`.
        cars: the training cars; how many stand at each knot decides who gives way.
    """
    keys, weights = dict(keys), dict(weights)
    base = np.zeros(len(KM_KNOTS))
    base[keys["km"]] = weights["km"]
    grid = np.tile(base[:, None], (1, len(AGE_KNOTS)))
    knot, age = np.divmod(keys["km_age"], AGE_CODES)
    grid[knot, age] += weights["km_age"]
    mass = _mass(cars)
    bent = np.column_stack([_never_rising(grid[:, at], mass[:, at]) for at in range(len(AGE_KNOTS))])
    knots, ages = np.indices(bent.shape)
    keys["km"], weights["km"] = np.arange(len(KM_KNOTS), dtype=np.int64), base
    keys["km_age"] = (knots * AGE_CODES + ages).ravel().astype(np.int64)
    weights["km_age"] = (bent - base[:, None]).ravel()
    weights["use"] = np.minimum(weights["use"], 0.0)
    common = float(weights["use"].sum())  # one weight; none where no mileage is known
    weights["model_use"] = np.minimum(weights["model_use"], -common)
    weights["model_km"] = np.minimum(weights["model_km"], 0.0)
    return keys, weights


def _mass(cars: EncodedCars) -> NDArray[np.float64]:
    """How many training cars stand at each pair of knots."""
    codes, values = bases(cars)["km_age"]
    count = np.bincount(codes.ravel(), weights=values.ravel(), minlength=BASIS_CODES)
    knots, ages = np.indices((len(KM_KNOTS), len(AGE_KNOTS)))
    return count[knots * AGE_CODES + ages] + _LIGHTEST


def _never_rising(values: Floats, mass: Floats) -> Floats:
    """The nearest sequence that never rises, by weighted least squares."""
    blocks: list[tuple[float, float, int]] = []  # mean, mass, length
    for value, weight in zip(values.tolist(), mass.tolist(), strict=True):
        mean, total, length = value, weight, 1
        while blocks and blocks[-1][0] < mean:
            before, heavier, longer = blocks.pop()
            mean = (before * heavier + mean * total) / (heavier + total)
            total, length = heavier + total, longer + length
        blocks.append((mean, total, length))
    return np.concatenate([np.full(length, mean) for mean, _, length in blocks])
