"""The price model proper: a linear estimate, a LightGBM estimate that knows the linear one, and their spread.

The estimate of log price is `LINEAR_SHARE` of the linear part and the rest LightGBM: in cross-validation on public
ads the linear part alone had the smaller median error (sparse trims of sparse models need shrinkage, which trees lack)
and the blend the smaller mean error (trees know that a luxury car is worth little at twenty).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import lightgbm
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.price_bands.boost import (
    fit_price,
    fit_spread,
    load_booster,
    price_inputs,
    run_booster,
    spread_inputs,
)
from models.price_bands.encode import COUNTED_KEYS, EncodedCars, Encoder, Floats
from models.price_bands.folds import Fold, in_parallel, make_folds
from models.price_bands.linear import LinearModel, fit_linear

LINEAR_SHARE = 0.7
SMALLEST_ERROR = 0.01
"""Errors below 1 % are taken as 1 % when the spread is learnt: a round price met by chance is no precision."""
_LOG_SPREAD_BOUNDS = (np.log(0.005), np.log(3.0))


@dataclass(frozen=True)
class Estimates:
    """For each car: log price, and the spread (a typical absolute error of log price)."""

    middle: Floats
    spread: Floats
    model_count: Floats  # training cars of the same model


@dataclass(frozen=True)
class PricePart:
    """Encoder, linear part and booster: all that gives a middle."""

    encoder: Encoder
    linear: LinearModel
    booster_text: str

    @cached_property
    def booster(self) -> lightgbm.Booster:
        """The loaded booster."""
        return load_booster(self.booster_text)

    def estimate(self, features: pl.DataFrame) -> tuple[EncodedCars, Floats, Floats, Floats]:
        """Encoded cars, and the linear, boosted and blended log prices."""
        cars = self.encoder.encode(features)
        linear = self.linear.predict(cars)
        boosted = run_booster(self.booster, price_inputs(cars, linear))
        return cars, linear, boosted, LINEAR_SHARE * linear + (1 - LINEAR_SHARE) * boosted


@dataclass(frozen=True)
class Regression:
    """The price part and the booster of its spread."""

    price: PricePart
    spread_text: str

    @cached_property
    def spread_booster(self) -> lightgbm.Booster:
        """The loaded booster."""
        return load_booster(self.spread_text)

    def estimate(self, features: pl.DataFrame) -> Estimates:
        """Middles and spreads of cars that have a make, a model and a year."""
        cars, linear, boosted, middle = self.price.estimate(features)
        spread = predict_spread(self.spread_booster, spread_inputs(cars, linear, boosted, middle))
        return Estimates(middle, spread, cars.counts["model_key"])

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Everything, as a JSON part and named arrays."""
        encoder, encoder_arrays = self.price.encoder.state()
        linear, linear_arrays = self.price.linear.state()
        texts = {"price_booster": self.price.booster_text, "spread_booster": self.spread_text}
        return {"encoder": encoder, "linear": linear, **texts}, encoder_arrays | linear_arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> "Regression":
        """The regression that `state` described."""
        encoder = Encoder.from_state(state["encoder"], arrays)
        linear = LinearModel.from_state(state["linear"], arrays)
        return cls(PricePart(encoder, linear, state["price_booster"]), state["spread_booster"])


@dataclass(frozen=True)
class HeldOut:
    """What the training cars looked like to models that had not seen them."""

    estimates: Estimates
    spread_inputs: Floats


def fit_price_part(features: pl.DataFrame, log_price: Floats, folds: int) -> PricePart:
    """Fit the middle: the booster learns from linear estimates of held-out cars, as it will see at scoring."""
    encoder = Encoder.fit(features)
    cars = encoder.encode(features)
    counts = {name: np.zeros(cars.height) for name in COUNTED_KEYS}
    linear = np.zeros(cars.height)
    for fold in make_folds(features, folds):
        train, held = features[fold.train], features[fold.held]
        inner = Encoder.fit(train)
        held_cars = inner.encode(held)
        linear[fold.held] = fit_linear(inner.encode(train), log_price[fold.train]).predict(held_cars)
        for name in COUNTED_KEYS:
            counts[name][fold.held] = held_cars.counts[name]
    inputs = price_inputs(replace(cars, counts=counts), linear)
    return PricePart(encoder, fit_linear(cars, log_price), fit_price(inputs, log_price))


def fit_regression(features: pl.DataFrame, log_price: Floats, outer: int, inner: int) -> tuple[Regression, HeldOut]:
    """Fit everything, and say how each training car looked to a model without it (nested cross-fitting)."""

    def hold_out(fold: Fold) -> tuple[EncodedCars, Floats, Floats, Floats]:
        part = fit_price_part(features[fold.train], log_price[fold.train], inner)
        return part.estimate(features[fold.held])

    folds = make_folds(features, outer)
    *held, final = in_parallel(
        [*[lambda fold=fold: hold_out(fold) for fold in folds], lambda: fit_price_part(features, log_price, inner)]
    )
    middle, count = np.zeros(len(log_price)), np.zeros(len(log_price))
    inputs: Floats | None = None
    for fold, (cars, linear, boosted, blend) in zip(folds, held, strict=True):
        block = spread_inputs(final.encoder.encode(features[fold.held]), linear, boosted, blend)
        inputs = np.zeros((len(log_price), block.shape[1])) if inputs is None else inputs
        inputs[fold.held] = block
        middle[fold.held], count[fold.held] = blend, cars.counts["model_key"]
    return _with_spread(final, folds, log_price, middle, count, inputs)
