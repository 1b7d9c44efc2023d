"""Evaluate a new model on ads it has not seen, beside the plain heuristic and the present champion. Pure."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from core.clock import market_today
from models.price_bands.artifact import PriceBandModel
from models.price_bands.evaluation.level_limits import FEWEST_ADS, LevelChange, level_violations
from models.price_bands.evaluation.metrics import Metrics, by_segment, measure, measure_middle, median_heuristic
from models.price_bands.evaluation.promotion_gate import Comparison, balanced_weights, compare, feed_masks, losses
from models.price_bands.inputs.columns import Floats
from models.price_bands.inputs.segments import segment_masks
from models.price_bands.predict import predict_bands
from models.price_bands.train import fit, market_day
from pipelines.price_bands.samples.choosing import is_fresh

TEST_SHARE = 0.2
FEWEST_FRESH = 50
"""With fewer ads that the champion has not seen either, the comparison says nothing and the newer data wins."""
HOLDOUT_TOLERANCE = 0.03
"""The holdout model lacks the newest fifth that the model on record has: its loss may be larger by this share."""
_DATED_SHARE = 0.9
_FEWEST_DAYS = 5
_DAYS_PER_MONTH = 30.4


@dataclass(frozen=True)
class Split:
    """Samples to learn from and newer ones to evaluate on; `kind` is "time" or, where dates are missing, "hash"."""

    training: pl.DataFrame
    test: pl.DataFrame
    kind: str
    first_test_day: date | None = None

    @property
    def market(self) -> pl.DataFrame:
        """The fresh part of the training samples: the heuristic and the segments' counts are made of it."""
        return self.training.filter(is_fresh(self.training))


@dataclass(frozen=True)
class Champion:
    """The model to beat, and by how much a challenger may be worse than it.

    `saw_no_test`: it is known to have seen none of the test ads; else their days must tell.
    """

    model: PriceBandModel
    tolerance: float = HOLDOUT_TOLERANCE
    saw_no_test: bool = False


@dataclass(frozen=True)
class Evaluation:
    """Measurements of a model on the test ads; `worse_than` names the peer that beats it beyond noise."""

    metrics: Metrics
    heuristic: Metrics
    segments: dict[str, Metrics]
    split: Split
    worse_than: str | None = None
    champion: Metrics | None = None
    fresh: int = 0  # test ads that the champion had not seen
    gate: tuple[Comparison, ...] = ()  # beside the champion, on these
    violations: tuple[LevelChange, ...] = ()  # levels that moved by more than they may since the champion

    @property
    def worse_in(self) -> list[str]:
        """The segments in which the champion is better beyond noise."""
        return sorted({each.segment for each in self.gate if each.worse})

    @property
    def passes(self) -> bool:
        """Whether the model may become champion."""
        return self.worse_than is None and not self.violations

    def as_json(self) -> dict[str, Any]:
        """Put the metrics of the model at the top level, the peers and segments below."""
        values = self.metrics.as_json() | {
            "split": self.split.kind,
            "trained_on": self.split.training.height,
            "heuristic": self.heuristic.as_json(),
            "segments": {name: metrics.as_json() for name, metrics in self.segments.items()},
        }
        if self.split.first_test_day is not None:
            values["first_test_day"] = self.split.first_test_day.isoformat()
        if self.champion is not None:
            gate = [each.as_json() for each in self.gate]
            values |= {"champion": self.champion.as_json(), "fresh": self.fresh, "gate": gate}
        if self.violations:
            values["violations"] = [each.sentence() for each in self.violations]
        return values


def split_samples(samples: pl.DataFrame) -> Split:
    """Hold out the newest fifth by day, where days are known; else a fifth by the hash of the cars' keys.

    A fifth of the fresh ads: older ones teach only. Of the newest days nothing teaches.
    """
    fresh_ones = is_fresh(samples)
    fresh = samples.filter(fresh_ones)
    dated = fresh.filter(pl.col("listed_on").is_not_null())
    if dated.height >= _DATED_SHARE * fresh.height and dated["listed_on"].n_unique() >= _FEWEST_DAYS:
        day = dated["listed_on"].sort(descending=True)[int(TEST_SHARE * dated.height)]
        is_new = (pl.col("listed_on") >= day).fill_null(value=False)
        test = fresh.filter(is_new)
        if test.height <= 0.5 * fresh.height:
            return Split(samples.filter(~is_new), test, "time", day)
    marks = [hashlib.sha256(key.encode()).digest()[0] < 256 * TEST_SHARE for key in samples["source_key"].to_list()]
    mask = pl.Series(marks, dtype=pl.Boolean) & fresh_ones
    return Split(samples.filter(~mask), samples.filter(mask), "hash")


def backtest(samples: pl.DataFrame, champion: PriceBandModel | None, *, as_of: date) -> Evaluation:
    """Train on the older samples and evaluate on the newer."""
    split = split_samples(samples)
    model = fit(split.training, as_of=market_day(split.training, otherwise=as_of))
    return evaluate(split, predict_bands(model, split.test), None if champion is None else Champion(champion))


def evaluate(split: Split, bands: pl.DataFrame, champion: Champion | None) -> Evaluation:
    """Evaluate bands of the test ads beside the plain heuristic and, where it has not seen these ads, the champion.

    Args:
        split: holds the test ads.
        bands: of the test ads.
        champion: the version to beat, if there is one.
    """
    guess = median_heuristic(split.market, split.test)
    price = split.test["price_pkr"]
    metrics = measure(price, bands)
    tolerance = HOLDOUT_TOLERANCE if champion is None else champion.tolerance
    found = Evaluation(
        metrics=metrics,
        heuristic=measure_middle(price, guess),
        segments=by_segment(split.test, split.market, bands),
        split=split,
        worse_than="heuristic" if _loses_to(split.test, bands, guess, tolerance) or not metrics.answered else None,
    )
    return found if champion is None else _beside_champion(found, bands, champion)


def _beside_champion(found: Evaluation, bands: pl.DataFrame, champion: Champion) -> Evaluation:
    """Compare levels on all test ads, and losses on those that are newer than anything the champion learnt from."""
    cars = found.split.test
    theirs = predict_bands(champion.model, cars)
    found = replace(found, violations=tuple(level_changes(cars, theirs, champion.model, bands["mid_pkr"])))
    fresh = (cars["listed_on"] > champion.model.as_of).fill_null(value=False) | champion.saw_no_test
    if int(fresh.sum()) < FEWEST_FRESH:
        return found
    cars, bands, theirs = (each.filter(fresh) for each in (cars, bands, theirs))
    segments = segment_masks(cars, found.split.market) | feed_masks(cars)
    ours_lost, theirs_lost = (losses(cars["price_pkr"], each) for each in (bands, theirs))
    gate = tuple(
        compare(ours_lost, theirs_lost, segments, tolerance=champion.tolerance, weights=balanced_weights(cars))
    )
    asked = level_changes(cars, theirs, champion.model, cars["price_pkr"])
    return replace(
        found,
        worse_than=found.worse_than or ("champion" if any(each.worse for each in gate) else None),
        champion=measure(cars["price_pkr"], theirs),
        fresh=cars.height,
        gate=gate,
        violations=tuple(asked) or found.violations,
    )


def level_changes(
    cars: pl.DataFrame, theirs: pl.DataFrame, champion: PriceBandModel, price: pl.Series
) -> list[LevelChange]:
    """Find the levels at which prices lie too far from the champion's middles.

    Args:
        cars: canonical columns and `feed`.
        theirs: the champion's bands of the cars.
        champion: says since when, and which makes and models it saw ads enough of.
        price: asking prices, or the middles of another model; null where there is none.
    """
    middle = theirs["mid_pkr"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    change: Floats = np.log(price.cast(pl.Float64).fill_null(np.nan).to_numpy() / middle)
    days = (market_day(cars, otherwise=market_today()) - champion.as_of).days
    return level_violations(cars, change, months=max(days, 0) / _DAYS_PER_MONTH, known=_well_known(champion))


def _well_known(model: PriceBandModel) -> frozenset[str]:
    """Collect the makes and models of which a champion saw ads enough to have a level of their own."""
    if model.regression is None:
        return frozenset()
    encoder = model.regression.price.encoder
    keys = ("make_key", "model_key")
    counted = (pair for key in keys for pair in zip(encoder.vocabularies[key], encoder.counts[key], strict=True))
    return frozenset(name for name, count in counted if count >= FEWEST_ADS)


def _loses_to(cars: pl.DataFrame, bands: pl.DataFrame, guess: pl.Series, tolerance: float) -> bool:
    """Tell whether the middles are worse than the plain guesses beyond noise."""
    price = cars["price_pkr"]
    theirs = (guess.cast(pl.Float64) / price.cast(pl.Float64) - 1).abs().fill_null(np.nan).to_numpy()
    ours = losses(price, bands)["error"]
    found = compare({"error": ours}, {"error": theirs}, {}, tolerance=tolerance, weights=balanced_weights(cars))
    return any(each.worse for each in found)
