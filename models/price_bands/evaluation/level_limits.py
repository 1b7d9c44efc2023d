"""Limit how far price levels may move: of the market, of each make, model and feed, compared with their own past. Pure.

The past is the champion. `change` is the logarithm of a new price beside the champion's middle for the same car: an
asking price tells how the market moved, the middle of another model tells how that model would move it. A unit that a
feed slipped (a make at ten times its price, lakh for crore) moves a level by far more than a market does in a month.

A make or model is compared with the whole market, so a market that rose as a whole leaves it alone; a feed is compared
with all others. Ads are weighted as in the promotion gate, so that one feed cannot pass for the market.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, log

import numpy as np
import polars as pl

from models.price_bands.evaluation.promotion_gate import balanced_weights
from models.price_bands.inputs.columns import Floats
from models.price_bands.inputs.features import fold
from models.price_bands.inputs.group_statistics import weighted_median

MARKET_LIMIT = log(1.35)
"""The market may move by so much in a month; the rupee crises moved asking prices by some 10 %."""
SEGMENT_LIMIT = log(1.20)
"""A make or model may move away from the market, and a feed from the others, by so much in a month."""
MARKET_A_MONTH, SEGMENT_A_MONTH = 0.08, 0.03
"""The limits (in log price) widen by this much with each further month since the champion's newest ad."""
FEWEST_ADS = 30
FEED_SHARE = 0.10
"""A feed with a smaller share of the ads cannot move a level, and is not judged by itself."""
_NOISE_ERRORS = 3.0
_MEDIAN_NOISE = 1.2533 * 1.4826  # standard error of a median from the median absolute deviation


@dataclass(frozen=True)
class LevelChange:
    """The change of a level and the largest allowed one, as logarithms."""

    kind: str  # market, make, model or feed
    name: str
    feed: str  # with most of the ads that moved it
    change: float
    allowed: float
    ads: int

    @property
    def is_violation(self) -> bool:
        """Whether the level moved by more than is allowed."""
        return abs(self.change) > self.allowed

    def sentence(self) -> str:
        """Say what moved, by how much, and with whose ads."""
        subject = "The market" if self.kind == "market" else f"The {self.kind} {self.name}"
        beside = {"market": "", "feed": " beside all other feeds"}.get(self.kind, " beside the market")
        source = f", mostly by ads of the feed {self.feed}" if self.feed and self.kind != "feed" else ""
        factor = exp(self.change)
        moved = f"is at {factor:,.0f} times" if factor >= 10 else f"is at {factor:.2f} times"
        moved += " its price by the champion"
        return f"{subject} {moved}{beside} ({self.ads:,} ads; {exp(self.allowed):.2f} times is allowed){source}."


def level_violations(
    cars: pl.DataFrame, change: Floats, *, months: float, known: frozenset[str] | None = None
) -> list[LevelChange]:
    """Find the levels that moved by more than they may, the farthest first.

    Args:
        cars: canonical columns and, if known, `feed`.
        change: log of a new price beside the champion's middle, of each car; NaN where there is none.
        months: since the champion's newest ad.
        known: folded makes and `make|model` keys of which the champion saw ads enough to have a past; None: of all.
    """
    facts = _facts(cars, change)
    if facts.height < FEWEST_ADS:
        return []
    market = _median_change(facts)
    wider = max(months - 1.0, 0.0)
    found = [_compared(facts, ("market", ""), market, MARKET_LIMIT + MARKET_A_MONTH * wider)]
    limit = SEGMENT_LIMIT + SEGMENT_A_MONTH * wider
    for kind in ("make", "model"):
        for name, part in _groups(facts, kind):
            if known is None or name in known:
                found.append(_compared(part, (kind, name), _median_change(part) - market, limit))
    found = [each for each in found if each.is_violation]
    return sorted([*found, *_odd_feeds(facts, limit)], key=lambda each: -abs(each.change))


def _odd_feeds(facts: pl.DataFrame, limit: float) -> Iterator[LevelChange]:
    """Yield the feeds that are too far from all others, the farthest first; the next are compared without it."""
    fewest = FEED_SHARE * facts.height
    while True:
        odd = []
        for name, part in _groups(facts, "feed"):
            rest = facts.filter(pl.col("feed") != name)
            if rest.height >= FEWEST_ADS and part.height >= fewest:
                change = _median_change(part) - _median_change(rest)
                odd.append(_compared(part, ("feed", name), change, limit))
        farthest = max((each for each in odd if each.is_violation), key=lambda each: abs(each.change), default=None)
        if farthest is None:
            return
        yield farthest
        facts = facts.filter(pl.col("feed") != farthest.name)


def _facts(cars: pl.DataFrame, change: Floats) -> pl.DataFrame:
    """Collect make, model, feed, change and weight of the cars whose change is known."""
    make = fold("make")
    feed = pl.col("feed") if "feed" in cars.columns else pl.lit("")
    facts = cars.select(make=make, model=make + "|" + fold("model"), feed=feed).with_columns(
        change=pl.Series(change, dtype=pl.Float64)
    )
    facts = facts.filter(pl.col("change").is_finite())
    return facts.with_columns(weight=pl.Series(balanced_weights(facts)))


def _groups(facts: pl.DataFrame, kind: str) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the groups with ads enough, in the order of their names."""
    for (name,), part in sorted(facts.group_by(kind), key=lambda each: str(each[0])):
        if name and part.height >= FEWEST_ADS:
            yield str(name), part


def _compared(part: pl.DataFrame, subject: tuple[str, str], change: float, limit: float) -> LevelChange:
    """Compare a change with its limit, widened by the noise of the group's median."""
    kind, name = subject
    spread = float((part["change"] - part["change"].median()).abs().median() or 0.0)  # type: ignore[arg-type]
    allowed = limit + _NOISE_ERRORS * _MEDIAN_NOISE * spread / part.height**0.5
    moved = part.filter(pl.col("change") * np.sign(change) > limit)
    feeds = (moved if moved.height else part)["feed"].value_counts().sort("count", "feed", descending=[True, False])
    return LevelChange(kind, name.replace("|", " "), feeds["feed"][0], change, allowed, part.height)


def _median_change(part: pl.DataFrame) -> float:
    return weighted_median(part["change"].to_numpy(), part["weight"].to_numpy())
