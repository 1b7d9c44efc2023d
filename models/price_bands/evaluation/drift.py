"""Measure how far the cars of today are from the training cars: the population stability index of each input.

A profile is the share of the training cars in each bin of an input: tenths of a number, the most frequent names of a
word, and the cars of which nothing is said. PSI = sum over the bins of (now - then) · ln(now / then). By convention of
credit scoring, where it comes from (Siddiqi, "Credit Risk Scorecards", 2006): below 0.1 nothing happened, above 0.25
the population is another.
"""

from typing import Any

import numpy as np
import polars as pl

from models.price_bands.inputs.columns import Floats

NOTABLE_PSI, LARGE_PSI = 0.10, 0.25
FEWEST_CARS = 100
"""With fewer cars the index is noise: with b bins and n cars, chance alone gives about (b - 1) / n."""
NUMBERS = ("age", "km", "cc", "kwh", "model_year")
WORDS = ("make_key", "model_key", "fuel", "transmission", "body", "assembly", "province", "city_key", "registered_key")
MISSING_LIMIT = 0.15
"""A column that one large feed leaves out makes the model guess for those cars, and its level follow the guess."""
_STATED_SHARE = 0.2
"""An input that fewer of the training cars state (a battery) has a distribution of a handful of cars."""
_NOISE_ERRORS, _CHANCE = 3.0, 2.0
_PLAIN = {"km": "mileage", "cc": "engine size", "kwh": "battery", "make_key": "make", "model_key": "model",
          "city_key": "city", "registered_key": "registration"}  # fmt: skip
_BINS = 10
_NAMED = 20

Profile = dict[str, dict[str, Any]]


def profile(features: pl.DataFrame) -> Profile:
    """Count the training cars (rows of `features.build`) as shares by bin; plain values for the model card."""
    found: Profile = {}
    for name in NUMBERS:
        edges = _tenths(_known(features, name))
        found[name] = {"edges": edges, "shares": _rounded(_number_shares(features, name, edges))}
    for name in WORDS:
        counts = features.filter(pl.col(name) != "")[name].value_counts().sort("count", name, descending=[True, False])
        names = sorted(counts[name].head(_NAMED).to_list())
        found[name] = {"names": names, "shares": _rounded(_word_shares(features, name, names))}
    return found


def drift(reference: Profile, features: pl.DataFrame) -> dict[str, float]:
    """Compute the PSI of each input of `features` against the profile of a training."""
    found = {}
    for name, then in reference.items():
        if name not in features.columns:
            continue
        now = (
            _number_shares(features, name, then["edges"])
            if "edges" in then
            else _word_shares(features, name, then["names"])
        )
        found[name] = _psi(np.array(then["shares"]), now, features.height)
    return found


def input_problems(reference: Profile, cars: pl.DataFrame, features: pl.DataFrame) -> list[str]:
    """Say in sentences which inputs are too far from the training to recalibrate on these cars; the worst first.

    An input may be unstated for at most `MISSING_LIMIT` more of the cars than in training, and the index of the cars
    that state it may be at most `LARGE_PSI`, both beyond noise. Each sentence names the feed that explains most of it.

    Args:
        reference: the profile of the training.
        cars: may say of each car in `feed` with whose file it came.
        features: what `features.build` gave for `cars`.
    """
    if features.height < FEWEST_CARS:
        return []
    feeds = cars["feed"] if "feed" in cars.columns else pl.Series([""] * cars.height)
    found = []
    for name, profiled in reference.items():
        if name not in features.columns:
            continue
        then = float(profiled["shares"][-1])
        missing = _is_missing(features[name])
        psi = _stated_psi(profiled, name, features.filter(~missing))
        now = float(missing.cast(pl.Float64).mean())  # type: ignore[arg-type]
        noise = _NOISE_ERRORS * float(np.sqrt(now * (1 - now) / features.height))
        if now - then > MISSING_LIMIT + noise:
            feed = _most_frequent(feeds.filter(missing))
            sentence = f"{_PLAIN.get(name, name)} is not stated for {now:.0%} of the new ads ({then:.0%} in training)"
            found.append((now - then + 10.0, sentence + _of_feed(feed)))
        elif psi > LARGE_PSI + _CHANCE * (len(profiled["shares"]) - 1) / max(int((~missing).sum()), 1):
            feed = _feed_that_moved(profiled, name, features.filter(~missing), feeds.filter(~missing))
            sentence = f"{_PLAIN.get(name, name)} is distributed otherwise than in training (PSI {psi:.2f})"
            found.append((psi, sentence + _of_feed(feed)))
    return [sentence for _, sentence in sorted(found, key=lambda each: (-each[0], each[1]))]


def _is_missing(values: pl.Series) -> pl.Series:
    return values == "" if values.dtype == pl.String else values.is_null()


def _most_frequent(feeds: pl.Series) -> str:
    counts = feeds.value_counts().sort("count", feeds.name, descending=[True, False])
    return str(counts[feeds.name][0])


def _stated_psi(profiled: dict[str, Any], name: str, stated: pl.DataFrame) -> float:
    """Compute the PSI of an input among the cars that state it; 0 where too few do, now or in training."""
    missing = profiled["shares"][-1]
    if stated.height < FEWEST_CARS or missing > 1 - _STATED_SHARE:
        return 0.0
    shares = [share / (1 - missing) for share in profiled["shares"][:-1]]
    return drift({name: {**profiled, "shares": [*shares, 0.0]}}, stated)[name]


def _feed_that_moved(profiled: dict[str, Any], name: str, stated: pl.DataFrame, feeds: pl.Series) -> str:
    """Name the feed without whose ads the input would be nearest to its training."""
    distinct: list[str] = sorted(set(feeds.to_list()))
    left = {feed: _stated_psi(profiled, name, stated.filter(feeds != feed)) for feed in distinct}
    return min(distinct, key=lambda feed: left[feed])


def _of_feed(feed: str) -> str:
    return f", mostly in the feed {feed}" if feed else ""


def _psi(then: Floats, now: Floats, height: int) -> float:
    """Sum over the bins; empty ones count as half a car, so that one car of a new make is not infinitely far."""
    least = 0.5 / max(height, 1)
    then, now = (np.maximum(shares, least) for shares in (then, now))
    return float(((now - then) * np.log(now / then)).sum())


def _tenths(values: Floats) -> list[float]:
    if not len(values):
        return []
    return [float(edge) for edge in np.unique(np.quantile(values, np.linspace(0, 1, _BINS + 1)[1:-1]))]


def _known(features: pl.DataFrame, name: str) -> Floats:
    return features[name].drop_nulls().cast(pl.Float64).to_numpy()


def _number_shares(features: pl.DataFrame, name: str, edges: list[float]) -> Floats:
    """Shares between the edges, then of the unknown."""
    values = _known(features, name)
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
    return np.append(counts, features.height - len(values)) / max(features.height, 1)


def _word_shares(features: pl.DataFrame, name: str, names: list[str]) -> Floats:
    """Shares of the names in their order, of all others, and of the unknown."""
    place = {word: number for number, word in enumerate(names)} | {"": len(names) + 1}
    places = np.array([place.get(word, len(names)) for word in features[name].to_list()], dtype=np.int64)
    return np.bincount(places, minlength=len(names) + 2) / max(features.height, 1)


def _rounded(shares: Floats) -> list[float]:
    return [round(float(share), 6) for share in shares]
