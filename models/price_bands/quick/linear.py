"""The linear part for one car: each term is a dictionary from key and basis code to its weight.

Sums run in the order of `LinearModel.predict`, so that not even the last bit differs.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence

import numpy as np

from models.price_bands.linear.ridge import LinearModel
from models.price_bands.linear.terms import (
    AGE_KNOTS,
    BASIS_CODES,
    KEY_CODES,
    KM_KNOTS,
    LARGEST_ENGINE,
    MILEAGE_TERMS,
    PRODUCT_CODES,
    SMALLEST_ENGINE,
    TERMS,
    USUAL_CC,
    YOUNGEST_IN_USE,
)
from models.price_bands.quick.encode import Codes

Entries = tuple[tuple[int, float], ...]
"""Codes and values of a basis that are not zero."""

_Plan = list[tuple[int, str, Callable[[int, float], float]]]

_NONE: Entries = ()
_AGE_KNOTS, _KM_KNOTS = AGE_KNOTS.tolist(), KM_KNOTS.tolist()
_KEYS = list(dict.fromkeys(term.keys for term in TERMS))


class QuickLinear:
    """The weights of a linear model."""

    def __init__(self, model: LinearModel) -> None:
        self._centre = model.centre
        plans: dict[bool, _Plan] = {False: [], True: []}
        for term in TERMS:
            table = dict(zip(model.keys[term.name].tolist(), model.weights[term.name].tolist(), strict=True))
            if table:
                plans[term.name in MILEAGE_TERMS].append((_KEYS.index(term.keys), term.basis, table.get))
        self._without, self._mileage = plans[False], plans[True]

    def estimate(self, codes: Codes, age: float, km: float, kwh: float) -> tuple[float, float]:
        """Log price without the mileage, and what the mileage adds (0 where it is NaN)."""
        keys = _combined(codes)
        hats = _hats(age, _AGE_KNOTS)
        bases = {
            "age_line": _single(age / 10),
            "engine": _single(_engine(codes.cc)),
            "battery": _single(kwh / 50),
            "age": hats,
        }
        without = _sum(self._without, self._centre, keys, bases)
        if math.isnan(km):
            return without, 0.0
        near = _hats(km, _KM_KNOTS)
        bases = {
            "km": near,
            "km_line": _single(km / 10),
            "km_age": tuple((at * PRODUCT_CODES + on, far * old) for at, far in near for on, old in hats),
            "use": _single(float(np.log1p(km)) - float(np.log1p(max(age, YOUNGEST_IN_USE)))),
        }
        return without, _sum(self._mileage, 0.0, keys, bases)


def _sum(plan: _Plan, start: float, keys: list[Sequence[int]], bases: dict[str, Entries]) -> float:
    total = start
    for slot, basis, weight_of in plan:
        amount = 0.0
        if basis == "one":
            for key in keys[slot]:
                amount += weight_of(key, 0.0)
        else:
            for key in keys[slot]:
                for code, value in bases[basis]:
                    amount += value * weight_of(key + code, 0.0)
        total += amount
    return total


def _combined(codes: Codes) -> list[Sequence[int]]:
    """For each of `_KEYS`: its keys, ready to have a basis code added; none where a part is unknown."""
    by_key, tokens = codes.by_key, codes.tokens
    found: list[Sequence[int]] = []
    for names in _KEYS:
        combined = 0
        for name in names:
            if name == "token":  # always the last
                found.append([(combined * KEY_CODES + token) * BASIS_CODES for token in tokens])
                break
            code = by_key[name]
            if code < 0:
                found.append(())
                break
            combined = combined * KEY_CODES + code
        else:
            found.append((combined * BASIS_CODES,))
    return found


def _engine(cc: float) -> float:
    if math.isnan(cc):
        return 0.0
    return float(np.log(min(max(cc, SMALLEST_ENGINE), LARGEST_ENGINE) / USUAL_CC))


def _single(value: float) -> Entries:
    return ((0, value),) if value else _NONE


def _hats(value: float, knots: Sequence[float]) -> Entries:
    inside = min(max(value, knots[0]), knots[-1])
    left = min(max(bisect_right(knots, inside) - 1, 0), len(knots) - 2)
    share = (inside - knots[left]) / (knots[left + 1] - knots[left])
    return tuple((code, near) for code, near in ((left, 1 - share), (left + 1, share)) if near)
