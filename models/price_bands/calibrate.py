"""Calibrate bands by split-conformal quantiles of held-out residuals, by segment.

A residual is `(log price - estimate) / spread ** DAMPING` of a car that the models had not seen. Within a segment the
band of a level runs between the residuals' lower and upper quantile, so about that share of exchangeable new cars
falls inside it, whatever errors the models make. Thin segments lean on their parent: a segment of n cars counts for
n / (n + `PARENT_WEIGHT`) of its own quantile. The bands of the levels are nested. Last, the bands of the cheapest, the
dearest and the other cars (by their estimate) are stretched each by a factor of their own, and ends among low or high
prices once more, until of the cars with such a price as many are covered (label-conditional conformal): a high price is
often that of a car which was estimated too low, and the other end of such a band need not be wider for it.

Segments are cars that state everything, by age and by how many cars of the model training saw, and cars that leave
something unstated, by how much and by the same two. The latter are learnt from masked copies of the training cars.

Confidence is the calibrated probability that the asking price lies within 15 % of the estimate: a confidence of 0.8
says that among such quotes eight asking prices in ten are between 0.85 and 1.15 times the estimate.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from models.price_bands.boosting.regressor import Estimates
from models.price_bands.inputs.columns import Booleans, Floats, Ints
from models.price_bands.inputs.masking import GROUPS
from models.price_bands.inputs.unstated import FIELDS

LEVELS = (0.5, 0.8, 0.9)
"""Shares of asking prices that the bands are to cover, narrowest band first."""

BAND_LEVEL = 0.8
"""The level of a band that is named without one."""

CLOSE = 0.15
DAMPING = 0.6
PARENT_WEIGHT = 120.0
PRICE_WEIGHT = 10.0
"""Cars that a factor of 1 counts as, where the factors of low and high prices are learnt."""
CHEAP, DEAR = 0.05, 0.98
"""Shares of the training cars with a lower estimate at which the cheapest and the dearest ones begin; of prices too."""
AGE_EDGES = np.array([4.0, 8.0, 13.0, 20.0])
COUNT_EDGES = np.array([1.0, 4.0, 30.0])
GAP_EDGES = np.array([5, 10])
"""Weights of the unstated groups of inputs from which a band is calibrated apart, with the trim stated and without."""
_LIGHT_GROUPS = ("mileage", "fuel", "body", "assembly")
"""Groups that weigh 1, since leaving them out hardly adds to the error of an estimate; the others weigh 2."""
_GAPS = 1 + 2 * (len(GAP_EDGES) + 1)
_CELLS = _GAPS * (len(AGE_EDGES) + 1) * (len(COUNT_EDGES) + 1)
_GROUP_MEMBERS = np.array([[field in fields for fields in GROUPS.values()] for field in FIELDS], dtype=np.int64)
_GROUP_WEIGHTS = np.array([1 if name in _LIGHT_GROUPS else 2 for name in GROUPS], dtype=np.int64)
_TRIM = list(GROUPS).index("variant")
_CLOSE_LOGS = (float(np.log(1 - CLOSE)), float(np.log(1 + CLOSE)))
_TABLE = 401
_SHARES = np.linspace(0.0, 1.0, _TABLE)
_MAIN = LEVELS.index(BAND_LEVEL)

_ARRAYS = {"residual_table": "table", "price_edges": "price_edges", "stretch": "stretch", "ends": "ends",
           "ends_stretch": "ends_stretch"}  # fmt: skip

Quantiles = dict[str, list[float]]
"""A number for each of `LEVELS`, by segment."""


@dataclass(frozen=True)
class Calibration:
    """Lower and upper residual quantiles of each segment, and the distribution of all residuals."""

    lower: Quantiles
    upper: Quantiles
    table: Floats  # `_TABLE` evenly spaced quantiles of the residuals of cars as their ads state them
    price_edges: Floats  # log prices from which on a car is no longer cheap, and from which on it is dear
    stretch: Floats  # factor on the quantiles of cheap, other and dear cars
    ends: Floats  # log prices up to which they are low, and from which on they are high
    ends_stretch: Floats  # factors on lower ends among low prices, and on upper ones among high prices; at least 1

    def bounds(self, estimates: Estimates) -> tuple[Floats, Floats]:
        """Compute the log prices between which the bands run, both (cars, `LEVELS`); the estimate is never outside."""
        low, high = self._distances(estimates)
        return estimates.log_price[:, None] + low, estimates.log_price[:, None] + high

    def bands(self, estimates: Estimates) -> tuple[Floats, Floats, Floats]:
        """Compute `bounds`, and the probability that the asking price is within `CLOSE` of the estimate."""
        low, high = self._distances(estimates)
        noise = np.maximum((high - low)[:, _MAIN] / (self.upper[""][_MAIN] - self.lower[""][_MAIN]), 1e-9)
        below, above = (np.interp(limit / noise, self.table, _SHARES) for limit in _CLOSE_LOGS)
        middle = estimates.log_price[:, None]
        return middle + low, middle + high, np.minimum(np.maximum(above - below, 0.0), 1.0)

    def _distances(self, estimates: Estimates) -> tuple[Floats, Floats]:
        """Compute how far the ends of each band are from the estimate, by the finest known segment; nested."""
        cells, middle = _cells(estimates), estimates.log_price[:, None]
        stretch = self.stretch[self.price_edges.searchsorted(estimates.log_price)]
        scale = (stretch * estimates.spread**DAMPING)[:, None]
        low, high = self._by_cell[0][cells] * scale, self._by_cell[1][cells] * scale
        longer_low, longer_high = low * self.ends_stretch[0], high * self.ends_stretch[1]
        return (
            np.where(middle + longer_low <= self.ends[0], longer_low, low),
            np.where(middle + longer_high >= self.ends[1], longer_high, high),
        )

    @cached_property
    def _by_cell(self) -> tuple[Floats, Floats]:
        low, high = np.empty((2, _CELLS, len(LEVELS)))
        for cell in range(_CELLS):
            name = next(name for name in reversed(_names(cell)) if name in self.lower)
            low[cell], high[cell] = self.lower[name], self.upper[name]
        return np.minimum.accumulate(np.minimum(low, 0.0), axis=1), np.maximum.accumulate(np.maximum(high, 0.0), axis=1)

    def state(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        """Return the state as JSON values and named arrays."""
        arrays = {name: getattr(self, field) for name, field in _ARRAYS.items()}
        return {"lower": self.lower, "upper": self.upper}, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, Floats]) -> "Calibration":
        """Restore the calibration that `state` described."""
        return cls(state["lower"], state["upper"], **{field: arrays[name] for name, field in _ARRAYS.items()})


def _cells(estimates: Estimates) -> Ints:
    """Assign each car to a cell, by how much is unstated, its age and the training cars of its model."""
    ages = AGE_EDGES.searchsorted(estimates.age, side="right")
    counts = COUNT_EDGES.searchsorted(estimates.sample_size, side="right")
    return (gaps(estimates.unstated) * (len(AGE_EDGES) + 1) + ages) * (len(COUNT_EDGES) + 1) + counts


def gaps(unstated: Booleans) -> Ints:
    """Classify how much is unstated of each car: 0 for nothing, else by the groups and whether the trim is one."""
    groups = (unstated @ _GROUP_MEMBERS).astype(np.bool_)
    weight = groups @ _GROUP_WEIGHTS
    bucket = GAP_EDGES.searchsorted(weight, side="right")
    return np.where(weight == 0, 0, 1 + 2 * bucket + groups[:, _TRIM])


def _names(cell: int) -> list[str]:
    """Name the segments of a cell from the broadest to the finest; each is the parent of the next."""
    rest, count = divmod(cell, len(COUNT_EDGES) + 1)
    gap, age = divmod(rest, len(AGE_EDGES) + 1)
    # Cars of models that training hardly saw are few, with similar errors: their parent is all of them together.
    few = count < COUNT_EDGES.searchsorted(4.0, side="right")
    parts = [f"samples{count}", f"age{age}"] if few else [f"age{age}", f"samples{count}"]
    if gap:
        parts = [f"gaps{gap}", *parts]
    return ["", *("/".join(parts[: depth + 1]) for depth in range(len(parts)))]


def fit_calibration(log_price: Floats, unseen: Estimates, *, stated: int) -> Calibration:
    """Learn the quantiles from estimates by models that had not seen these cars.

    Args:
        log_price: of each car.
        unseen: its estimate.
        stated: the number of cars, from the first, that are as their ads state them; masked copies follow.
    """
    residual = (log_price - unseen.log_price) / unseen.spread**DAMPING
    lower: Quantiles = {}
    upper: Quantiles = {}
    rows_of: dict[str, list[Ints]] = {"": [np.arange(stated)]}
    parent_of: dict[str, str] = {}
    cells = _cells(unseen)
    for cell in np.unique(cells).tolist():
        names = _names(cell)
        for parent, name in pairwise(names):
            rows_of.setdefault(name, []).append(np.flatnonzero(cells == cell))
            parent_of[name] = parent
    for name in sorted(rows_of, key=lambda name: (name.count("/") + bool(name), name)):
        rows = np.concatenate(rows_of[name])
        low, high = conformal(residual[rows])
        if name:
            parent = parent_of[name]
            own = len(rows) / (len(rows) + PARENT_WEIGHT)
            low = own * low + (1 - own) * np.array(lower[parent])
            high = own * high + (1 - own) * np.array(upper[parent])
        lower[name], upper[name] = low.tolist(), high.tolist()
    edges = np.quantile(unseen.log_price[:stated], (CHEAP, DEAR))
    ends = np.quantile(log_price[:stated], (CHEAP, DEAR))
    table = np.quantile(residual[:stated], _SHARES)
    found = Calibration(lower, upper, table, edges, np.ones(len(edges) + 1), ends, np.ones(len(ends)))
    found = replace(found, stretch=_stretch_by_price(found, log_price[:stated], unseen))
    return replace(found, ends_stretch=_stretch_of_ends(found, log_price[:stated], unseen))


def _stretch_by_price(calibration: Calibration, log_price: Floats, unseen: Estimates) -> Floats:
    """Compute by how much the bands of cheap, other and dear cars are to be wider to cover what they say.

    A group of n cars counts for n / (n + `PARENT_WEIGHT`) of the factor that it asks for. The cars are the first of
    `unseen`.
    """
    distance = _distance(calibration, log_price, unseen)
    group = calibration.price_edges.searchsorted(unseen.log_price[: len(log_price)])
    stretch = np.ones(len(calibration.stretch))
    for number in np.unique(group):
        stretch[number] = _factor(distance[group == number], PARENT_WEIGHT)
    return stretch


def _stretch_of_ends(calibration: Calibration, log_price: Floats, unseen: Estimates) -> Floats:
    """Compute by how much ends among low and high prices are to be farther to cover the cars of such prices."""
    distance = _distance(calibration, log_price, unseen)
    low, high = log_price <= calibration.ends[0], log_price >= calibration.ends[1]
    return np.array([max(_factor(distance[cars], PRICE_WEIGHT), 1.0) for cars in (low, high)])


def _distance(calibration: Calibration, log_price: Floats, unseen: Estimates) -> Floats:
    """Compute how far each price is from the estimate, as a share of the band's length on that side."""
    middle = unseen.log_price[: len(log_price)]
    low, high = (bounds[: len(log_price), _MAIN] - middle for bounds in calibration.bounds(unseen))
    off = log_price - middle
    return np.maximum(off / np.maximum(high, 1e-9), off / np.minimum(low, -1e-9))


def _factor(distance: Floats, weight: float) -> float:
    """Compute the factor by which bands cover these prices, shrunk to 1 by the weight."""
    asked = np.quantile(distance, min(1.0, BAND_LEVEL * (len(distance) + 1) / len(distance)))
    own = len(distance) / (len(distance) + weight)
    return float(own * asked + (1 - own))


def conformal(residual: Floats) -> tuple[Floats, Floats]:
    """Compute equal-tailed quantiles for each of `LEVELS`, with the finite-sample correction of split conformal."""
    inner = 1 - (1 - np.array(LEVELS)) / 2
    share = np.minimum(1.0, inner * (len(residual) + 1) / len(residual))
    return -np.quantile(-residual, share), np.quantile(residual, share)
