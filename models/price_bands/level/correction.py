"""The level correction: from a few fresh ads, how far today's prices lie from what an older model says. Pure.

Prices do not move by one factor. Between October 2022 and April 2025 cars became dearer by 1.4 times, very old ones not
at all, electric ones by 2.8. So the logarithm of (asking price / the model's middle) of the fresh ads is explained by a
sum of small weights: the whole market, age, price level, engine, fuel, origin, body, make, model family by age, trim
words, model by generation. Weights have normal priors with the scales of `TERMS` and the noise is Student's t: with
two hundred ads the broad terms speak and the narrow ones barely whisper. How far all but the market's own term may
speak is settled by cross-validation among the fresh ads (`SHARES`); 0 leaves the one factor.

The scales are rounded outcomes of a search that drew 200 ads at a time from those of April 2025 and judged on the rest
of April; see bench/price_level.py.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from models.price_bands.inputs.encoder import Floats, Ints
from models.price_bands.inputs.folds import make_folds
from models.price_bands.level.terms import TERMS, entries

SHARES = (0.0, 0.5, 1.0)
"""Factors on the scales of all terms but the market's own, tried by cross-validation."""
_USUAL_SHARE = 1.0
MOST_ADS = 2_000
_FOLDS = 8
_FEWEST_TO_CHOOSE = 40
_NOISE, _FREEDOM, _ROUNDS = 0.12, 1.5, 6
LARGEST_NOISE = 0.5
_WORST = 1.0  # an error of log price counts as at most so much when shares are compared


@dataclass(frozen=True)
class Level:
    """Weights by term and key, in log price, and the middle price (log) that the price terms count from."""

    centre: float
    weights: dict[str, dict[str, float]]
    ads: int
    share: float  # of `SHARES`
    caution: float = 0.0  # see `fit_level`
    noise: float = 0.0  # standard deviation of log price that the correction leaves, of a new car
    noise_a_year: float = 0.0  # and how it grows with age

    @property
    def overall(self) -> float:
        """What the whole market moved, in log price, beside what the narrower terms say."""
        return self.weights["market"].get("", 0.0)

    def shift(self, features: pl.DataFrame, middle: Floats) -> Floats:
        """What to add to each car's log price.

        Args:
            features: columns of `features.build`.
            middle: the log price that the uncorrected model says.
        """
        shift = np.zeros(features.height)
        for term in TERMS:
            known = self.weights.get(term.name)
            if known:
                rows, keys, values = entries(term, features, middle - self.centre)
                weight = keys.replace_strict(known, default=0.0, return_dtype=pl.Float64).to_numpy()
                shift += np.bincount(rows, weights=values * weight, minlength=features.height)
        if self.caution:
            age = features["age"].fill_null(0.0).to_numpy()
            shift -= self.caution * np.clip(self.noise + self.noise_a_year * age, 0.0, LARGEST_NOISE) ** 2
        return shift

    def state(self) -> tuple[dict[str, Any], dict[str, Floats]]:
        """Everything, as a JSON part and (no) arrays."""
        return asdict(self), {}

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, Floats]) -> "Level":
        """The level that `state` described."""
        return cls(**state)


def fit_level(features: pl.DataFrame, middle: Floats, residual: Floats, *, caution: float = 0.0) -> Level:
    """Learn the level from fresh ads that the model has not seen; with no ad at all nothing is corrected.

    Args:
        features: columns of `features.build`; of more than `MOST_ADS` rows the last are used.
        middle: the log price that the uncorrected model says.
        residual: log asking price - middle.
        caution: 0 aims at the median price. The mean relative error punishes a price that is too high more than one
            that is too low by as much; of a car with normal noise s it is smallest at s² below the median (of log
            price). This is the share of that step to take: at 0.5 the median error is hardly larger.
    """
    features, middle, residual = features.tail(MOST_ADS), middle[-MOST_ADS:], residual[-MOST_ADS:]
    if not features.height:
        return Level(0.0, {"market": {}}, 0, 0.0)
    centre = float(np.median(middle))
    designs = {term.name: _design(*entries(term, features, middle - centre), features.height) for term in TERMS}
    market = np.ones((features.height, features.height))
    rest = np.zeros_like(market)
    for term in TERMS[1:]:
        matrix = designs[term.name][1] * term.scale
        rest += matrix @ matrix.T
    with threadpool_limits(1, "blas"):
        share, left = _chosen_share(market, rest, residual)
        dual = _solve(market + share**2 * rest, residual)
    weights = {"market": {"": float(dual.sum())}}
    for term in TERMS[1:]:
        keys, matrix = designs[term.name]
        found = (share * term.scale) ** 2 * (matrix.T @ dual)
        weights[term.name] = {key: float(weight) for key, weight in zip(keys, found, strict=True) if weight}
    noise = _noise_by_age(features, left) if caution else (0.0, 0.0)
    return Level(centre, weights, features.height, share, caution, *noise)


def _design(rows: Ints, keys: pl.Series, values: Floats, height: int) -> tuple[list[str], Floats]:
    """A term's distinct keys in sorted order, and its dense matrix: (cars, keys)."""
    names, column = np.unique(keys.to_numpy().astype(str), return_inverse=True)
    matrix = np.zeros((height, len(names)))
    np.add.at(matrix, (rows, column), values)
    return [str(name) for name in names], matrix


def _chosen_share(market: Floats, rest: Floats, residual: Floats) -> tuple[float, Floats]:
    """1, unless another share is better on ads left out by more than one standard error; and what it leaves of them.

    Among too few ads nothing is compared and nothing known of what is left.
    """
    if len(residual) < _FEWEST_TO_CHOOSE:
        return _USUAL_SHARE, np.zeros(0)
    folds = make_folds(len(residual), _FOLDS)
    lefts = {}
    for share in SHARES:
        kernel = market + share**2 * rest
        left = np.zeros(len(residual))
        for fold in folds:
            dual = _solve(kernel[np.ix_(fold.train, fold.train)], residual[fold.train])
            left[fold.held] = residual[fold.held] - kernel[np.ix_(fold.held, fold.train)] @ dual
        lefts[share] = left
    errors = {share: np.minimum(np.abs(left), _WORST) for share, left in lefts.items()}
    chosen = min(SHARES, key=lambda share: float(errors[share].mean()))
    gain = errors[_USUAL_SHARE] - errors[chosen]
    chosen = chosen if gain.mean() > gain.std() / np.sqrt(len(gain)) else _USUAL_SHARE
    return chosen, lefts[chosen]


def _noise_by_age(features: pl.DataFrame, left: Floats) -> tuple[float, float]:
    """Standard deviation of what is left, as a line in age: least squares of the absolute values, outliers cut."""
    if not len(left):
        return 0.0, 0.0
    age = features["age"].fill_null(0.0).to_numpy()
    size = np.minimum(np.abs(left), _WORST / 2) * np.sqrt(np.pi / 2)
    spread = float(((age - age.mean()) ** 2).sum())
    slope = max(float(((age - age.mean()) * size).sum()) / spread, 0.0) if spread else 0.0
    return max(float(size.mean()) - slope * float(age.mean()), 0.0), slope


def _solve(kernel: Floats, residual: Floats) -> Floats:
    """The dual weights of the ridge: iteratively reweighted for Student's t noise."""
    trust = np.ones(len(residual))
    dual: Floats = np.zeros(len(residual))
    for _ in range(_ROUNDS):
        dual = np.asarray(np.linalg.solve(kernel + np.diag(_NOISE**2 / trust), residual), dtype=np.float64)
        left = residual - kernel @ dual
        trust = (_FREEDOM + 1) / (_FREEDOM + (left / _NOISE) ** 2)
    return dual
