"""Terms of a linear formula: what a term is, and the bases that terms are made of.

Each term is a family of weights: one for each value of its keys (a make; a model with a trim word), times a basis
of the car's numbers (1, age, mileage...). `scale` is the prior standard deviation of its weights in log price. The
price model (`linear.formula`), the level correction (`level.formula`) and the market index (`index.hedonic`) are three
lists of such terms.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.price_bands.inputs.columns import Floats, Ints, columns_of

FREE = float("inf")
"""The scale of a term whose weights are not shrunk."""


@dataclass(frozen=True)
class Term:
    """One family of weights: a name, the keys, the basis and the prior standard deviation."""

    name: str
    keys: tuple[str, ...]
    basis: str
    scale: float


@dataclass(frozen=True)
class Basis:
    """Basis functions of cars: a car has `values` of those with these `codes`, both (cars, k); others are zero.

    `width` is the number of codes: those are 0 to `width` - 1.
    """

    codes: Ints
    values: Floats
    width: int


def single(values: Floats) -> Basis:
    """Make a basis of one function."""
    return Basis(np.zeros((len(values), 1), dtype=np.int64), values[:, None], 1)


def linear_spline_basis(values: Floats, knots: Floats) -> Basis:
    """Weight the two knots around each value by nearness; a value outside counts as the last knot, NaN as nothing."""
    inside = np.fmax(np.fmin(values, knots[-1]), knots[0])
    left = np.minimum(knots.searchsorted(inside, side="right") - 1, len(knots) - 2)
    share = (inside - knots[left]) / (knots[left + 1] - knots[left])
    known = ~np.isnan(values)
    return Basis(columns_of((left, left + 1), np.int64), columns_of(((1 - share) * known, share * known)), len(knots))


def product(first: Basis, second: Basis) -> Basis:
    """Multiply every function of one basis by every function of another."""
    height = len(first.codes)
    codes = first.codes[:, :, None] * second.width + second.codes[:, None, :]
    values = first.values[:, :, None] * second.values[:, None, :]
    return Basis(codes.reshape(height, -1), values.reshape(height, -1), first.width * second.width)


def names(terms: Sequence[Term]) -> list[str]:
    """List the names of terms."""
    return [term.name for term in terms]
