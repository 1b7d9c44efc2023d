"""Bands that keep their promise: split-conformal quantiles of held-out residuals, by segment.

A residual is `(log price - middle) / spread ** DAMPING` of a car that the models had not seen. Within a segment the
band of a level runs between the residuals' lower and upper quantile, so about that share of exchangeable new cars
falls inside it, whatever the models got wrong. Thin segments lean on their parent: a segment of n cars counts for
n / (n + `PARENT_WEIGHT`) of its own quantile. The bands of the levels are nested.

Confidence is the calibrated probability that the asking price lies within 15 % of the middle: a confidence of 0.8
says that among such quotes eight asking prices in ten are between 0.85 and 1.15 times the middle.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.price_bands.boosting.regressor import Estimates
from models.price_bands.inputs.encoder import Floats, Ints

LEVELS = (0.5, 0.8, 0.9)
"""Shares of cars that the bands promise to hold, narrowest band first."""

BAND_LEVEL = 0.8
"""The level that is meant where a band is named without one."""

CLOSE = 0.15
DAMPING = 0.8
PARENT_WEIGHT = 60.0
AGE_EDGES = (4.0, 8.0, 13.0, 20.0)
COUNT_EDGES = (1.0, 4.0, 30.0)
_TABLE = 401
_MAIN = LEVELS.index(BAND_LEVEL)

Quantiles = dict[str, list[float]]
"""By segment: one number for each of `LEVELS`."""


@dataclass(frozen=True)
class Calibration:
    """Lower and upper residual quantiles of each segment, and the distribution of all residuals."""

    lower: Quantiles
    upper: Quantiles
    table: Floats  # `_TABLE` evenly spaced quantiles of the residuals

    def bounds(self, estimates: Estimates) -> tuple[Floats, Floats]:
        """Log prices between which the bands run, both (cars, `LEVELS`); the middle is never outside."""
        low, high = self._quantiles(estimates)
        scale = (estimates.spread**DAMPING)[:, None]
        return estimates.middle[:, None] + low * scale, estimates.middle[:, None] + high * scale

    def confidence(self, estimates: Estimates) -> Floats:
        """Probability that the asking price is within `CLOSE` of the middle."""
        low, high = self._quantiles(estimates)
        width = (high - low)[:, _MAIN] / (self.upper[""][_MAIN] - self.lower[""][_MAIN])
        scale = estimates.spread**DAMPING * np.maximum(width, 1e-6)
        shares = np.linspace(0.0, 1.0, len(self.table))
        above = np.interp(np.log(1 + CLOSE) / scale, self.table, shares)
        below = np.interp(np.log(1 - CLOSE) / scale, self.table, shares)
        return np.clip(above - below, 0.0, 1.0)

    def _quantiles(self, estimates: Estimates) -> tuple[Floats, Floats]:
        """Of the finest known segment of each car, nested and around 0."""
        low = np.full((len(estimates.middle), len(LEVELS)), np.nan)
        high = low.copy()
        unknown = [np.nan] * len(LEVELS)
        for names in segment_names(estimates):  # broadest first: the finest that is known stays
            distinct, row = np.unique(np.array(names), return_inverse=True)
            known = np.array([name in self.lower for name in distinct])[row]
            low[known] = np.array([self.lower.get(name, unknown) for name in distinct])[row][known]
            high[known] = np.array([self.upper.get(name, unknown) for name in distinct])[row][known]
        return np.minimum.accumulate(np.minimum(low, 0.0), axis=1), np.maximum.accumulate(np.maximum(high, 0.0), axis=1)

    def state(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        """Everything, as a JSON part and named arrays."""
        return {"lower": self.lower, "upper": self.upper}, {"residual_table": self.table}

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, Floats]) -> "Calibration":
        """The calibration that `state` described."""
        return cls(state["lower"], state["upper"], arrays["residual_table"])


def segment_names(estimates: Estimates) -> list[list[str]]:
    """The segment of each car at each level, from the whole market down; a name starts with its parent's."""
    ages = np.searchsorted(AGE_EDGES, estimates.age, side="right")
    counts = np.searchsorted(COUNT_EDGES, estimates.model_count, side="right")
    # Cars of unseen or hardly seen models are few and alike in being hard: their parent is all of them, of any age.
    few = counts < np.searchsorted(COUNT_EDGES, 4.0, side="right")
    parents = [f"peers{count}" if rare else f"age{age}" for rare, count, age in zip(few, counts, ages, strict=True)]
    rest = [f"age{age}" if rare else f"peers{count}" for rare, count, age in zip(few, counts, ages, strict=True)]
    return [[""] * len(ages), parents, [f"{parent}/{own}" for parent, own in zip(parents, rest, strict=True)]]


def fit_calibration(log_price: Floats, unseen: Estimates) -> Calibration:
    """Learn the quantiles from estimates by models that had not seen these cars."""
    residual = (log_price - unseen.middle) / unseen.spread**DAMPING
    lower: Quantiles = {}
    upper: Quantiles = {}
    levels = segment_names(unseen)
    for depth, names in enumerate(levels):
        for name, rows in _rows_by_name(names).items():
            low, high = conformal(residual[rows])
            if depth:
                parent = levels[depth - 1][int(rows[0])]
                own = len(rows) / (len(rows) + PARENT_WEIGHT)
                low = own * low + (1 - own) * np.array(lower[parent])
                high = own * high + (1 - own) * np.array(upper[parent])
            lower[name], upper[name] = low.tolist(), high.tolist()
    return Calibration(lower, upper, np.quantile(residual, np.linspace(0.0, 1.0, _TABLE)))


def _rows_by_name(names: list[str]) -> dict[str, Ints]:
    distinct, inverse = np.unique(np.array(names), return_inverse=True)
    return {str(name): np.flatnonzero(inverse == number) for number, name in enumerate(distinct)}


def conformal(residual: Floats) -> tuple[Floats, Floats]:
    """Equal-tailed quantiles for each of `LEVELS`, with the finite-sample correction of split conformal prediction."""
    inner = 1 - (1 - np.array(LEVELS)) / 2
    share = np.minimum(1.0, inner * (len(residual) + 1) / len(residual))
    return -np.quantile(-residual, share), np.quantile(residual, share)
