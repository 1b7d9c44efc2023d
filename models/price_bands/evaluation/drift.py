"""Measure how far the cars of today are from those that a model learnt from: the population stability index by input.

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
_BINS = 10
_NAMED = 20

Profile = dict[str, dict[str, Any]]


def profile(features: pl.DataFrame) -> Profile:
    """Summarise the features of training cars as shares by bin: plain values for the model card."""
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


def _psi(then: Floats, now: Floats, height: int) -> float:
    """Empty bins count as half a car, so that one car of a new make is not infinitely far."""
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
