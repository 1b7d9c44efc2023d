"""The gate that a new model must pass: on the same cars as the champion, not worse beyond noise, in any segment.

Two losses are compared, each paired car by car: the absolute percentage error of the middle, and the interval score of
the 80 % band as a share of the price (its width, plus ten times what the price lies outside: Gneiting and Raftery,
"Strictly Proper Scoring Rules", 2007), which a band can win neither by being wide nor by being narrow. Noise is what a
paired bootstrap of the mean difference shows. Thin segments have no veto.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from models.price_bands.calibrate import BAND_LEVEL
from models.price_bands.inputs.columns import Floats

FEWEST_ROWS = 100
"""A segment of fewer cars has no veto: its mean is one odd ad away from any verdict."""
OVERALL_DOUBT, SEGMENT_DOUBT = 0.01, 0.001
"""How often chance alone may veto: a dozen segments with two losses each are judged beside the whole."""
_RESAMPLES = 2_000
_AT_ONCE = 4_000_000
_SEED = 4
_MOST_LOSS = 3.0  # a price ten times off is a bad label: it must not outvote a hundred cars


@dataclass(frozen=True)
class Comparison:
    """Mean losses on the cars of one segment that both answer; `worse` beyond noise and handicap."""

    segment: str
    loss: str  # "error" of the middle, or "score" of the band
    rows: int
    ours: float
    theirs: float
    worse: bool

    def as_json(self) -> dict[str, Any]:
        """Plain values, rounded."""
        return vars(self) | {"ours": round(self.ours, 4), "theirs": round(self.theirs, 4)}


def losses(price: pl.Series, bands: pl.DataFrame) -> dict[str, Floats]:
    """Both losses of each car; NaN where there is no band."""
    asked = price.cast(pl.Float64).fill_null(np.nan).to_numpy()
    low, middle, high = (bands[f"{name}_pkr"].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in _BAND)
    outside = np.maximum(low - asked, 0.0) + np.maximum(asked - high, 0.0)
    score = (high - low + 2 / (1 - BAND_LEVEL) * outside) / asked
    return {"error": np.minimum(np.abs(middle / asked - 1), _MOST_LOSS), "score": np.minimum(score, _MOST_LOSS)}


_BAND = ("low", "mid", "high")


def compare(
    ours: dict[str, Floats], theirs: dict[str, Floats], segments: dict[str, pl.Series], *, handicap: float = 0.0
) -> list[Comparison]:
    """Compare the losses of the same cars, over all ("all") and in each segment that is not thin.

    Args:
        ours: `losses` of the challenger.
        theirs: `losses` of the champion.
        segments: masks over these cars.
        handicap: the share of the champion's loss by which the challenger may be worse.
    """
    found = []
    for loss in ours:
        both = ~(np.isnan(ours[loss]) | np.isnan(theirs[loss]))
        whole = {"all": both} | {name: both & mask.to_numpy() for name, mask in segments.items()}
        for name, rows in whole.items():
            if int(rows.sum()) >= (2 if name == "all" else FEWEST_ROWS):
                doubt = OVERALL_DOUBT if name == "all" else SEGMENT_DOUBT
                pair = ours[loss][rows], theirs[loss][rows]
                worse = _is_worse(*pair, doubt, handicap)
                found.append(Comparison(name, loss, len(pair[0]), float(pair[0].mean()), float(pair[1].mean()), worse))
    return found


def _is_worse(ours: Floats, theirs: Floats, doubt: float, handicap: float) -> bool:
    """Whether even the most lenient bootstrap mean (but for a share of `doubt`) is above the handicap."""
    beyond = ours - (1 + handicap) * theirs
    return bool(beyond.mean() > 0 and np.quantile(_bootstrap_means(beyond), doubt) > 0)


def _bootstrap_means(values: Floats) -> Floats:
    random = np.random.default_rng(_SEED)
    at_once = max(1, _AT_ONCE // len(values))
    means = [
        values[random.integers(len(values), size=(min(at_once, _RESAMPLES - start), len(values)))].mean(axis=1)
        for start in range(0, _RESAMPLES, at_once)
    ]
    return np.concatenate(means)
