"""Correct the price level: from a few fresh ads, how far today's prices lie from what an older model says. Pure.

Prices do not move by one factor. Between October 2022 and April 2025 cars became dearer by 1.4 times, very old ones not
at all, electric ones by 2.8. So the logarithm of (asking price / the model's estimate) of the fresh ads is explained by
a sum of small weights: the whole market, age, price level, engine, fuel, origin, body, make, model family by age, trim
words, model by generation. Weights have normal priors with the scales of `formula.TERMS` and the noise is Student's t,
so two hundred ads move the weights of broad terms and hardly those of narrow ones. How far all but the market's own
term may move is settled by cross-validation among the fresh ads (`SHARES`); 0 leaves the one factor.

The scales are rounded outcomes of a search that drew 200 ads at a time from those of April 2025 and judged on the rest
of April; see bench/price_bands/level.py.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from models.price_bands.inputs.columns import Floats
from models.price_bands.inputs.encoder import CODES, Encoder
from models.price_bands.inputs.features import CarFeatures
from models.price_bands.inputs.folds import make_folds
from models.price_bands.level.formula import TERMS, bases
from models.price_bands.linear.design import Design
from models.price_bands.linear.robust_ridge import StudentNoise, fit

SHARES = (0.0, 0.5, 1.0)
"""Factors on the scales of all terms but the market's own, tried by cross-validation."""
_USUAL_SHARE = 1.0
MOST_ADS = 2_000
_FOLDS = 8
_FEWEST_TO_CHOOSE = 40
_NOISE = StudentNoise(deviation=0.12, freedom=1.5, rounds=6, tolerance=1e-6)
_NOISE_TO_CHOOSE = replace(_NOISE, tolerance=1e-3)  # shares differ by more than what is then left to converge
LARGEST_NOISE = 0.5
_WORST = 1.0  # an error of log price counts as at most this much when shares are compared


@dataclass(frozen=True)
class Level:
    """Weights in log price, and the middle price (log) that the price terms count from."""

    encoder: Encoder
    design: Design
    weights: Floats
    centre: float
    ads: int
    share: float  # of `SHARES`
    caution: float = 0.0  # see `fit_level`
    noise: float = 0.0  # standard deviation of log price that the correction leaves, of a new car
    noise_a_year: float = 0.0  # and how it grows with age

    @property
    def overall(self) -> float:
        """The move of the whole market, in log price, beside what the narrower terms say."""
        return float(self.design.table(self.weights, "market").sum())

    def shift(self, features: CarFeatures, log_price: Floats) -> Floats:
        """Compute what to add to each car's log price.

        Args:
            features: of the cars, with unstated inputs filled.
            log_price: what the uncorrected model says.
        """
        cars = self.encoder.encode(features)
        entries = self.design.entries(cars, bases(cars, log_price - self.centre))
        (shift,) = self.design.sums(entries, self.weights, (self._places,))
        if self.caution:
            noise = np.clip(self.noise + self.noise_a_year * cars.age, 0.0, LARGEST_NOISE)
            shift = shift - self.caution * noise**2
        return shift

    @cached_property
    def _places(self) -> int:
        return self.design.places(lambda _term: True)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return the state as JSON values and named arrays."""
        encoder, arrays = self.encoder.state()
        arrays |= {"sizes": self.design.sizes, "known": self.design.known, "weights": self.weights}
        plain = {name: getattr(self, name) for name in _PLAIN}
        return {"encoder": encoder, "shapes": self.design.shapes, **plain}, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "Level":
        """Restore the level that `state` described."""
        shapes = {name: (width, places) for name, (width, places) in state["shapes"].items()}
        design = Design(TERMS, CODES, arrays["sizes"], shapes, arrays["known"])
        plain = {name: state[name] for name in _PLAIN}
        return cls(Encoder.from_state(state["encoder"], arrays), design, arrays["weights"], **plain)


_PLAIN = ("centre", "ads", "share", "caution", "noise", "noise_a_year")


def fit_level(features: CarFeatures, log_price: Floats, residual: Floats, *, caution: float = 0.0) -> Level:
    """Learn the level from fresh ads that the model has not seen; without any ad nothing is corrected.

    Args:
        features: of the ads, with unstated inputs filled; of more than `MOST_ADS` the last are used.
        log_price: what the uncorrected model says.
        residual: log asking price - log_price.
        caution: 0 aims at the median price. The mean relative error punishes a price that is too high more than one
            that is too low by as much; of a car with normal noise s it is smallest at s² below the median (of log
            price). This is the share of that step to take: at 0.5 the median error is hardly larger.
    """
    newest = np.arange(max(features.height - MOST_ADS, 0), features.height)
    features, log_price, residual = features.take(newest), log_price[newest], residual[newest]
    centre = float(np.median(log_price)) if len(log_price) else 0.0
    encoder = Encoder.fit(features)
    cars = encoder.encode(features)
    values = bases(cars, log_price - centre)
    design = Design.learn(TERMS, cars, values, encoder.sizes)
    matrix = design.matrix(cars, values)
    share, left = _chosen_share(matrix, design, residual)
    weights = np.zeros(design.columns)
    if features.height:
        weights = fit(matrix, _scales(design, share), residual, _NOISE).weights
    noise = _noise_by_age(cars.age, left) if caution else (0.0, 0.0)
    return Level(encoder, design, weights, centre, features.height, share, caution, *noise)


def _scales(design: Design, share: float) -> Floats:
    """Scale all terms but the market's own by a share."""
    scales = design.scales * max(share, 1e-6)
    design.table(scales, TERMS[0].name)[:] = TERMS[0].scale
    return scales


def _chosen_share(matrix: sparse.csr_array, design: Design, residual: Floats) -> tuple[float, Floats]:
    """Choose 1, unless another share is better on held-out ads by more than one standard error; and their residuals.

    Among too few ads nothing is compared, and there are no residuals.
    """
    if len(residual) < _FEWEST_TO_CHOOSE:
        return _USUAL_SHARE, np.zeros(0)
    folds = make_folds(len(residual), _FOLDS)
    lefts = {}
    for share in SHARES:
        scales, left = _scales(design, share), np.zeros(len(residual))
        for fold in folds:
            found = fit(matrix[fold.train], scales, residual[fold.train], _NOISE_TO_CHOOSE)
            left[fold.held] = residual[fold.held] - matrix[fold.held] @ found.weights
        lefts[share] = left
    errors = {share: np.minimum(np.abs(left), _WORST) for share, left in lefts.items()}
    chosen = min(SHARES, key=lambda share: float(errors[share].mean()))
    gain = errors[_USUAL_SHARE] - errors[chosen]
    chosen = chosen if gain.mean() > gain.std() / np.sqrt(len(gain)) else _USUAL_SHARE
    return chosen, lefts[chosen]


def _noise_by_age(age: Floats, left: Floats) -> tuple[float, float]:
    """Fit the standard deviation of the residuals as a line in age, by least squares of their absolute values."""
    if not len(left):
        return 0.0, 0.0
    size = np.minimum(np.abs(left), _WORST / 2) * np.sqrt(np.pi / 2)
    spread = float(((age - age.mean()) ** 2).sum())
    slope = max(float(((age - age.mean()) * size).sum()) / spread, 0.0) if spread else 0.0
    return max(float(size.mean()) - slope * float(age.mean()), 0.0), slope
