"""Bands from comparable cars, for cars that the regression cannot answer: the nearest ones on offer, at the same age.

Step one takes cars of the same model at most `AGE_REACH` years apart; step two, where there are fewer than
`FEWEST_PEERS`, cars of the same make. The nearer a peer in age, engine size, body, fuel, gearbox and assembly, the
heavier it is. Each peer's log price is moved to the asked age by the market's yearly depreciation, and the estimate is
their weighted median. The band's width is what the same procedure got wrong on the training cars themselves, each
left out (in step two with its whole model family, since step two is for cars whose family is not on offer).
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.price_bands.calibrate import CLOSE, LEVELS
from models.price_bands.inputs.columns import Floats, Ints, positions
from models.price_bands.inputs.features import CarFeatures
from models.price_bands.inputs.group_statistics import weighted_median

AGE_REACH = 8.0
FEWEST_PEERS = 3
FEWEST_MAKE_PEERS = 5
FEWEST_ERRORS = 20
_MOST_LEFT_OUT = 1_500
_OF_ONE_FAMILY = 4  # a family that training has not seen is a rare one: the common ones must not set the width
_AGE_SCALE, _CC_SCALE = 2.0, 0.15
_TRAITS = ("body", "fuel", "transmission", "assembly")
_OTHER_TRAIT = 0.35  # weight of a peer that differs in one trait
_FASTEST_DEPRECIATION = -0.3  # log price a year; a market where age adds value gives 0


class NoBandReason(StrEnum):
    """Reason why there is no band; `SENTENCES` explains each to people."""

    NO_MODEL = "no_model"
    UNKNOWN_MAKE = "unknown_make"
    TOO_FEW_COMPARABLES = "too_few_comparables"
    UNNAMED_CAR = "unnamed_car"
    IMPOSSIBLE_YEAR = "impossible_year"


SENTENCES: dict[str, str] = {
    NoBandReason.NO_MODEL: "No price model has been trained yet.",
    NoBandReason.UNKNOWN_MAKE: "No car of this make has been priced on the market yet.",
    NoBandReason.TOO_FEW_COMPARABLES: "Too few cars of this make and age are on offer to say what it is worth.",
    NoBandReason.UNNAMED_CAR: "The make or the model is missing.",
    NoBandReason.IMPOSSIBLE_YEAR: "The model year is missing, before 1950, or later than the known market.",
}


@dataclass(frozen=True)
class Comparison:
    """Bands in log price, one for each of `calibrate.LEVELS`, or the reason why there is none."""

    estimate: float = np.nan
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    confidence: float = 0.0
    reason: NoBandReason | None = None


@dataclass(frozen=True)
class Comparables:
    """Priced cars by make and model, the market's depreciation, and how far off each step was (sorted errors)."""

    makes: dict[str, int]
    models: dict[str, int]
    traits: dict[str, int]
    make: Ints
    model: Ints
    trait: Ints  # (cars, traits)
    age: Floats
    log_cc: Floats
    log_price: Floats
    slope: float
    model_errors: Floats
    make_errors: Floats

    def compare(self, features: CarFeatures) -> list[Comparison]:
        """Compare each car with the priced ones, in order."""
        known = zip(features.keys["make_key"].values(), features.keys["model_key"].values(), strict=True)
        asked = zip(features.age, np.log(features.cc), _trait_codes(features, self.traits), strict=True)
        return [self._compare(make, model, *car) for (make, model), car in zip(known, asked, strict=True)]

    def _compare(self, make_key: str, model_key: str, age: float, log_cc: float, trait: Ints) -> Comparison:
        make = self.makes.get(make_key)
        if make is None:
            return Comparison(reason=NoBandReason.UNKNOWN_MAKE)
        peers = np.flatnonzero(self.make == make)
        same = peers[self.model[peers] == self.models.get(model_key, -1)]
        estimate, errors = self.estimate(same, age, log_cc, trait, FEWEST_PEERS), self.model_errors
        if np.isnan(estimate) or len(errors) < FEWEST_ERRORS:
            estimate, errors = self.estimate(peers, age, log_cc, trait, FEWEST_MAKE_PEERS), self.make_errors
        if np.isnan(estimate) or len(errors) < FEWEST_ERRORS:
            return Comparison(reason=NoBandReason.TOO_FEW_COMPARABLES)
        tails = (1 - np.array(LEVELS)) / 2
        low, high = estimate + np.minimum(np.quantile(errors, [tails, 1 - tails]), [[0.0], [np.inf]])
        inside = np.searchsorted(errors, np.log([1 - CLOSE, 1 + CLOSE])) / len(errors)
        return Comparison(estimate, tuple(low), tuple(np.maximum(high, estimate)), float(inside[1] - inside[0]))

    def estimate(self, peers: Ints, age: float, log_cc: float, trait: Ints, fewest: int) -> float:
        """Compute the weighted median log price of peers within reach, at `age`; NaN for fewer than `fewest`."""
        gap = np.abs(self.age[peers] - age)
        near = gap <= AGE_REACH
        peers, gap = peers[near], gap[near]
        if len(peers) < fewest:
            return float("nan")
        apart = np.nan_to_num(np.abs(self.log_cc[peers] - log_cc), nan=0.0)
        unlike = ((self.trait[peers] != trait) & (self.trait[peers] >= 0) & (trait >= 0)).sum(axis=1)
        weight = np.exp(-gap / _AGE_SCALE - np.minimum(apart, 1.0) / _CC_SCALE) * _OTHER_TRAIT**unlike
        return weighted_median(self.log_price[peers] + self.slope * (age - self.age[peers]), weight)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return the state as JSON values and named arrays."""
        return {name: getattr(self, name) for name in _PLAIN}, {name: getattr(self, name) for name in _ARRAYS}

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "Comparables":
        """Restore the comparables that `state` described."""
        values: dict[str, Any] = {name: state[name] for name in _PLAIN} | {name: arrays[name] for name in _ARRAYS}
        return cls(**values)


_PLAIN = ("makes", "models", "traits", "slope")
_ARRAYS = ("make", "model", "trait", "age", "log_cc", "log_price", "model_errors", "make_errors")


def fit_comparables(features: CarFeatures, log_price: Floats) -> Comparables:
    """Remember the priced cars and measure how far off their neighbours are."""
    keys = features.keys
    makes, models = (positions(sorted(keys[name].used_texts())) for name in ("make_key", "model_key"))
    traits = positions(sorted(f"{name}:{value}" for name in _TRAITS for value in keys[name].used_texts()))
    model, age = keys["model_key"].codes(models), features.age
    draft = Comparables(
        makes=makes,
        models=models,
        traits=traits,
        make=keys["make_key"].codes(makes),
        model=model,
        trait=_trait_codes(features, traits),
        age=age,
        log_cc=np.log(features.cc),
        log_price=log_price.astype(np.float64),
        slope=_depreciation(model, age, log_price),
        model_errors=np.zeros(0),
        make_errors=np.zeros(0),
    )
    family = keys["family_key"].codes(positions(sorted(keys["family_key"].used_texts())))
    by_model, by_make = _left_out_errors(draft, family)
    return replace(draft, model_errors=by_model, make_errors=by_make)


def _trait_codes(features: CarFeatures, traits: dict[str, int]) -> Ints:
    columns = [features.keys[name].map(f"{name}:{{}}".format).codes(traits) for name in _TRAITS]
    return np.column_stack(columns)


def _depreciation(model: Ints, age: Floats, log_price: Floats) -> float:
    """Log price a year: the slope within models, from cars' distance to their model's mean."""
    count = np.bincount(model)
    age_off = age - (np.bincount(model, weights=age) / count)[model]
    price_off = log_price - (np.bincount(model, weights=log_price) / count)[model]
    spread = float((age_off**2).sum())
    if spread <= 0:
        return 0.0
    return float(np.clip((age_off * price_off).sum() / spread, _FASTEST_DEPRECIATION, 0.0))


def _left_out_errors(draft: Comparables, family: Ints) -> tuple[Floats, Floats]:
    """Sorted errors of both steps on at most `_MOST_LEFT_OUT` cars spread over the market."""
    if not len(draft.age):
        return np.zeros(0), np.zeros(0)
    by_model, by_make = np.full(len(draft.age), np.nan), np.full(len(draft.age), np.nan)
    of_family = _number_within(family)
    for car in np.unique(np.linspace(0, len(draft.age) - 1, _MOST_LEFT_OUT).astype(np.int64)):
        peers = np.flatnonzero(draft.make == draft.make[car])
        same = draft.model[peers] == draft.model[car]
        apart = family[peers] != family[car]
        others = peers[same & (peers != car)]
        asked = draft.age[car], draft.log_cc[car], draft.trait[car]
        by_model[car] = draft.estimate(others, *asked, FEWEST_PEERS)
        if of_family[car] < _OF_ONE_FAMILY:
            by_make[car] = draft.estimate(peers[apart], *asked, FEWEST_MAKE_PEERS)
    return _known_sorted(draft.log_price - by_model), _known_sorted(draft.log_price - by_make)


def _number_within(group: Ints) -> Ints:
    """0 for the first car of a group, 1 for its second..."""
    order = np.argsort(group, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(group))[:-1]])
    number = np.empty(len(group), dtype=np.int64)
    number[order] = np.arange(len(group)) - starts[group[order]]
    return number


def _known_sorted(errors: Floats) -> Floats:
    return np.sort(errors[~np.isnan(errors)])
