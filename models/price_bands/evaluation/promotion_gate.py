"""The gate that a new model must pass: on the same cars as the champion, not worse beyond noise, in any segment.

Ads are weighted so that neither a feed nor a make decides by its number alone (`balanced_weights`), and each large feed
is a segment of its own (`feed_masks`): a feed that brought 60 % of the ads would else judge itself.

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
from models.price_bands.inputs.features import fold

FEWEST_ROWS = 100
"""A segment of fewer cars has no veto: its mean is one odd ad away from any verdict."""
OVERALL_DOUBT, SEGMENT_DOUBT = 0.01, 0.001
"""The share of vetoes by chance alone: a dozen segments with two losses each are judged beside the whole."""
_RESAMPLES = 2_000
_AT_ONCE = 4_000_000
_SEED = 4
_MOST_LOSS = 3.0  # a price ten times off is a bad label: it must not outvote a hundred cars


@dataclass(frozen=True)
class Comparison:
    """Weighted mean losses on the cars of one segment that both answer; `worse` beyond noise and tolerance."""

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
    """Compute both losses of each car; NaN where there is no band."""
    asked = price.cast(pl.Float64).fill_null(np.nan).to_numpy()
    low, middle, high = (bands[f"{name}_pkr"].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in _BAND)
    outside = np.maximum(low - asked, 0.0) + np.maximum(asked - high, 0.0)
    score = (high - low + 2 / (1 - BAND_LEVEL) * outside) / asked
    return {"error": np.minimum(np.abs(middle / asked - 1), _MOST_LOSS), "score": np.minimum(score, _MOST_LOSS)}


_BAND = ("low", "mid", "high")


def balanced_weights(cars: pl.DataFrame) -> Floats:
    """Weigh each ad by 1 / sqrt(ads of its feed x ads of its make): of four times the ads comes twice the say.

    Args:
        cars: `make` and, if known, `feed`; without it all ads count as of one feed.
    """
    feed = pl.col("feed") if "feed" in cars.columns else pl.lit("")
    keys = cars.select(make=fold("make"), feed=feed)
    counts = keys.select(weight=1.0 / (pl.len().over("make") * pl.len().over("feed")).sqrt())
    return counts["weight"].cast(pl.Float64).to_numpy()


def feed_masks(cars: pl.DataFrame) -> dict[str, pl.Series]:
    """Mark the ads of each feed that has a veto, and those of all feeds but the largest; {} where one feed is all."""
    if "feed" not in cars.columns or cars["feed"].n_unique() < 2:
        return {}
    counts = cars["feed"].value_counts().sort("count", "feed", descending=[True, False])
    large = counts.filter(pl.col("count") >= FEWEST_ROWS)["feed"].to_list()
    masks = {f"feed_{name}": cars["feed"] == name for name in large}
    return masks | {"other_feeds": cars["feed"] != counts["feed"][0]}


def compare(
    ours: dict[str, Floats],
    theirs: dict[str, Floats],
    segments: dict[str, pl.Series],
    *,
    tolerance: float = 0.0,
    weights: Floats | None = None,
) -> list[Comparison]:
    """Compare the losses of the same cars, over all ("all") and in each segment that is not thin.

    Args:
        ours: `losses` of the challenger.
        theirs: `losses` of the champion.
        segments: masks over these cars.
        tolerance: the share of the champion's loss by which the challenger may be worse.
        weights: of these cars; None: all alike.
    """
    found = []
    for loss in ours:
        both = ~(np.isnan(ours[loss]) | np.isnan(theirs[loss]))
        whole = {"all": both} | {name: both & mask.to_numpy() for name, mask in segments.items()}
        for name, rows in whole.items():
            if int(rows.sum()) >= (2 if name == "all" else FEWEST_ROWS):
                doubt = OVERALL_DOUBT if name == "all" else SEGMENT_DOUBT
                weight = np.ones(int(rows.sum())) if weights is None else weights[rows]
                mine, other = ours[loss][rows], theirs[loss][rows]
                mean, their_mean = (float(np.average(each, weights=weight)) for each in (mine, other))
                worse = _is_worse(mine - (1 + tolerance) * other, weight, doubt)
                found.append(Comparison(name, loss, len(mine), mean, their_mean, worse))
    return found


def _is_worse(beyond: Floats, weight: Floats, doubt: float) -> bool:
    """Whether even the most lenient bootstrap mean of `beyond` (but for a share of `doubt`) is above 0."""
    if np.average(beyond, weights=weight) <= 0:
        return False
    return bool(np.quantile(_bootstrap_means(beyond, weight), doubt) > 0)


def _bootstrap_means(values: Floats, weight: Floats) -> Floats:
    random = np.random.default_rng(_SEED)
    at_once = max(1, _AT_ONCE // len(values))
    total = values * weight
    means = []
    for start in range(0, _RESAMPLES, at_once):
        drawn = random.integers(len(values), size=(min(at_once, _RESAMPLES - start), len(values)))
        means.append(total[drawn].sum(axis=1) / weight[drawn].sum(axis=1))
    return np.concatenate(means)
