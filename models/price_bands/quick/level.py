"""The level correction for one car; see `models.price_bands.level.correction`."""

import math
from bisect import bisect_right

import numpy as np

from models.price_bands.level.correction import LARGEST_NOISE, Level
from models.price_bands.level.terms import AGE_KNOTS, PRICE_KNOTS, TERMS, USUAL_CC
from models.price_bands.quick.car import Car

_AGE_KNOTS, _PRICE_KNOTS = AGE_KNOTS.tolist(), PRICE_KNOTS.tolist()


class QuickLevel:
    """A level's weights."""

    def __init__(self, level: Level) -> None:
        self._level = level
        self._terms = [(term, level.weights[term.name]) for term in TERMS if level.weights.get(term.name)]

    def shift(self, car: Car, middle: float) -> float:
        """What to add to the log price that the uncorrected model says."""
        price, age = middle - self._level.centre, car.age
        cc = USUAL_CC if math.isnan(car.cc) else car.cc
        amounts = {
            "one": 1.0,
            "age_line": (age - 8) / 10,
            "old": max(age - 28, 0.0) / 10,
            "older": max(age - 20, 0.0) / 10,
            "price_line": price,
            "engine": float(np.log(cc / USUAL_CC)),
        }
        names = car.keys | {"third": str(round(age / 3)), "model_year": str(car.year)}
        shift = 0.0
        for term, known in self._terms:
            if term.basis in ("age", "price"):
                entries = _hats(age, _AGE_KNOTS) if term.basis == "age" else _hats(price, _PRICE_KNOTS)
                shift += sum(near * known.get(key, 0.0) for key, near in entries)
            elif term.keys == ("token",):
                shift += sum(known.get(word, 0.0) for word in car.tokens)
            else:
                shift += amounts[term.basis] * known.get("/".join([names[name] for name in term.keys]), 0.0)
        level = self._level
        if level.caution:
            noise = min(max(level.noise + level.noise_a_year * age, 0.0), LARGEST_NOISE)
            shift -= level.caution * (noise * noise)
        return shift


def _hats(value: float, knots: list[float]) -> tuple[tuple[str, float], tuple[str, float]]:
    inside = min(max(value, knots[0]), knots[-1])
    left = min(max(bisect_right(knots, inside) - 1, 0), len(knots) - 2)
    share = (inside - knots[left]) / (knots[left + 1] - knots[left])
    return (str(left), 1 - share), (str(left + 1), share)
