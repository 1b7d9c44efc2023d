"""The trial of a new model: on ads it has not seen, beside the plain heuristic and the present champion. Pure."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from models.price_bands.artifact import PriceBandModel
from models.price_bands.evaluation.metrics import Metrics, measure, measure_middle, median_heuristic
from models.price_bands.evaluation.promotion_gate import Comparison, compare, losses
from models.price_bands.inputs.segments import segment_masks
from models.price_bands.predict import predict_bands
from models.price_bands.train import fit, market_day
from pipelines.price_bands.samples import is_fresh

TEST_SHARE = 0.2
FEWEST_FRESH = 50
"""With fewer ads that the champion has not seen either, the comparison says nothing and the newer data wins."""
TWIN_HANDICAP = 0.03
"""The twin on trial lacks the newest fifth that the model on record has: it may err by this share more."""
_DATED_SHARE = 0.9
_FEWEST_DAYS = 5


@dataclass(frozen=True)
class Split:
    """Samples to learn from and newer ones to be judged on; `kind` is "time" or, where dates are missing, "hash"."""

    training: pl.DataFrame
    test: pl.DataFrame
    kind: str
    first_test_day: date | None = None

    @property
    def market(self) -> pl.DataFrame:
        """What of the training says what cars cost now: guesses and counts of peers are made of it."""
        return self.training.filter(is_fresh(self.training))


@dataclass(frozen=True)
class Trial:
    """What the trial showed; `worse_than` names who beat the new model beyond noise."""

    metrics: Metrics
    heuristic: Metrics
    segments: dict[str, Metrics]
    split: Split
    worse_than: str | None = None
    champion: Metrics | None = None
    fresh: int = 0  # test ads that the champion had not seen
    gate: tuple[Comparison, ...] = ()  # beside the champion, on these

    @property
    def worse_in(self) -> list[str]:
        """The segments in which the champion is better beyond noise."""
        return sorted({each.segment for each in self.gate if each.worse})

    def as_json(self) -> dict[str, Any]:
        """The metrics of the model at the top level, the peers and segments below."""
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
        return values


def split_samples(samples: pl.DataFrame) -> Split:
    """The newest fifth by day, where days are known; else a fifth by the hash of the cars' keys.

    A fifth of the fresh ads: older ones teach only. Of the newest days nothing teaches.
    """
    fresh_ones = is_fresh(samples)
    fresh = samples.filter(fresh_ones)
    dated = fresh.filter(pl.col("listed_on").is_not_null())
    if dated.height >= _DATED_SHARE * fresh.height and dated["listed_on"].n_unique() >= _FEWEST_DAYS:
        day = dated["listed_on"].sort(descending=True)[int(TEST_SHARE * dated.height)]
        is_new = (pl.col("listed_on") >= day).fill_null(False)
        test = fresh.filter(is_new)
        if test.height <= 0.5 * fresh.height:
            return Split(samples.filter(~is_new), test, "time", day)
    marks = [hashlib.sha256(key.encode()).digest()[0] < 256 * TEST_SHARE for key in samples["source_key"].to_list()]
    mask = pl.Series(marks, dtype=pl.Boolean) & fresh_ones
    return Split(samples.filter(~mask), samples.filter(mask), "hash")


def try_model(samples: pl.DataFrame, champion: PriceBandModel | None, *, as_of: date) -> Trial:
    """Train on the older samples and judge on the newer."""
    split = split_samples(samples)
    model = fit(split.training, as_of=market_day(split.training, otherwise=as_of))
    return judge(split, predict_bands(model, split.test), champion, handicap=TWIN_HANDICAP)


def judge(
    split: Split, bands: pl.DataFrame, champion: PriceBandModel | None, *, handicap: float, unseen: bool = False
) -> Trial:
    """Judge bands of the test ads beside the plain heuristic, and beside the champion where it has not seen them.

    Args:
        split: holds the test ads.
        bands: of the test ads.
        champion: the version to beat, if there is one.
        handicap: by which share the bands may be worse.
        unseen: the champion is known to have seen none of the test ads; else their days must tell.
    """
    guess = median_heuristic(split.market, split.test)
    price = split.test["price_pkr"]
    metrics = measure(price, bands)
    masks = segment_masks(split.test, split.market)
    trial = Trial(
        metrics=metrics,
        heuristic=measure_middle(price, guess),
        segments={name: measure(price.filter(mask), bands.filter(mask)) for name, mask in masks.items()},
        split=split,
        worse_than="heuristic" if _loses_to(price, bands, guess, handicap) or not metrics.answered else None,
    )
    return trial if champion is None else _beside_champion(trial, bands, champion, handicap, unseen=unseen)


def _beside_champion(
    trial: Trial, bands: pl.DataFrame, champion: PriceBandModel, handicap: float, *, unseen: bool
) -> Trial:
    """Compare on the ads that are newer than anything the champion learnt from."""
    fresh = (trial.split.test["listed_on"] > champion.as_of).fill_null(value=False) | unseen
    count = int(fresh.sum())
    if count < FEWEST_FRESH:
        return trial
    test = trial.split.test.filter(fresh)
    theirs = predict_bands(champion, test)
    ours_lost, theirs_lost = (losses(test["price_pkr"], each) for each in (bands.filter(fresh), theirs))
    gate = tuple(compare(ours_lost, theirs_lost, segment_masks(test, trial.split.market), handicap=handicap))
    return replace(
        trial,
        worse_than=trial.worse_than or ("champion" if any(each.worse for each in gate) else None),
        champion=measure(test["price_pkr"], theirs),
        fresh=count,
        gate=gate,
    )


def _loses_to(price: pl.Series, bands: pl.DataFrame, guess: pl.Series, handicap: float) -> bool:
    """Whether the middles are worse than the plain guesses beyond noise."""
    theirs = (guess.cast(pl.Float64) / price.cast(pl.Float64) - 1).abs().fill_null(np.nan).to_numpy()
    ours = losses(price, bands)["error"]
    return any(each.worse for each in compare({"error": ours}, {"error": theirs}, {}, handicap=handicap))
