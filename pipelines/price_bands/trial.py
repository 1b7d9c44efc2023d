"""The trial of a new model: on ads it has not seen, beside the plain heuristic and the present champion. Pure."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from models.price_bands.artifact import PriceBandModel
from models.price_bands.evaluate import Metrics, by_segment, measure, measure_middle, median_heuristic
from models.price_bands.predict import predict_bands
from models.price_bands.train import fit, market_day

TEST_SHARE = 0.2
FEWEST_FRESH = 50
"""With fewer ads that the champion has not seen either, the comparison says nothing and the newer data wins."""
NOISE_ERRORS = 2.0
"""Worse beyond noise: the mean difference of absolute errors is above so many of its standard errors."""
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
            values |= {"champion": self.champion.as_json(), "fresh": self.fresh}
        return values


def split_samples(samples: pl.DataFrame) -> Split:
    """The newest fifth by day, where days are known; else a fifth by the hash of the cars' keys."""
    dated = samples.filter(pl.col("listed_on").is_not_null())
    if dated.height >= _DATED_SHARE * samples.height and dated["listed_on"].n_unique() >= _FEWEST_DAYS:
        day = dated["listed_on"].sort(descending=True)[int(TEST_SHARE * dated.height)]
        is_test = (pl.col("listed_on") >= day).fill_null(False)
        test = samples.filter(is_test)
        if test.height <= 0.5 * samples.height:
            return Split(samples.filter(~is_test), test, "time", day)
    marks = [hashlib.sha256(key.encode()).digest()[0] < 256 * TEST_SHARE for key in samples["source_key"].to_list()]
    mask = pl.Series(marks, dtype=pl.Boolean)
    return Split(samples.filter(~mask), samples.filter(mask), "hash")


def try_model(samples: pl.DataFrame, champion: PriceBandModel | None, *, as_of: date) -> Trial:
    """Train on the older samples and judge on the newer."""
    split = split_samples(samples)
    model = fit(split.training, as_of=market_day(split.training, otherwise=as_of))
    bands = predict_bands(model, split.test)
    guess = median_heuristic(split.training, split.test)
    price = split.test["price_pkr"]
    metrics = measure(price, bands)
    beaten = metrics.answered == 0 or _is_worse(price, bands["mid_pkr"], guess)
    trial = Trial(
        metrics=metrics,
        heuristic=measure_middle(price, guess),
        segments=by_segment(split.test, split.training, bands),
        split=split,
        worse_than="heuristic" if beaten else None,
    )
    return trial if champion is None else _beside_champion(trial, bands, champion)


def _beside_champion(trial: Trial, bands: pl.DataFrame, champion: PriceBandModel) -> Trial:
    """Compare on the ads that are newer than anything the champion learnt from."""
    fresh = (trial.split.test["listed_on"] > champion.as_of).fill_null(False)
    count = int(fresh.sum())
    if count < FEWEST_FRESH:
        return trial
    test = trial.split.test.filter(fresh)
    theirs = predict_bands(champion, test)
    worse = _is_worse(test["price_pkr"], bands.filter(fresh)["mid_pkr"], theirs["mid_pkr"])
    return replace(
        trial,
        worse_than=trial.worse_than or ("champion" if worse else None),
        champion=measure(test["price_pkr"], theirs),
        fresh=count,
    )


def _is_worse(price: pl.Series, ours: pl.Series, theirs: pl.Series) -> bool:
    """Whether our absolute percentage errors are larger beyond noise and handicap, on the rows that both answer."""
    both = pl.DataFrame({"price": price, "ours": ours, "theirs": theirs}).drop_nulls()
    if both.height < 2:
        return False
    value = both["price"].to_numpy().astype(np.float64)
    error_of_ours = np.abs(both["ours"].to_numpy() / value - 1)
    error_of_theirs = np.abs(both["theirs"].to_numpy() / value - 1)
    difference = error_of_ours - error_of_theirs
    noise = float(difference.std(ddof=1)) / float(np.sqrt(len(difference)))
    return bool(difference.mean() > NOISE_ERRORS * noise + TWIN_HANDICAP * error_of_theirs.mean())
