"""Fitting the regression, and seeing each training car as a model that never saw it would.

Two levels of folds. The inner level gives the booster linear estimates of cars that the linear part had not seen, as
at scoring. The outer level leaves a car out of everything, linear part and booster, so that its residual is honest
and the bands that are calibrated on it keep their promise on new cars.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from models.price_bands.boost import fit_price, fit_spread, load_booster, price_inputs
from models.price_bands.encode import COUNTED_KEYS, Encoder, Floats
from models.price_bands.folds import Fold, in_parallel, make_folds
from models.price_bands.linear import fit_linear
from models.price_bands.regression import Estimates, Middle, PricePart, Regression, spread_of

SMALLEST_ERROR = 0.01
"""Errors below 1 % count as 1 % when the spread is learnt: a price met by chance is no precision."""


@dataclass(frozen=True)
class FoldPlan:
    """How many folds; fewer for more cars, whose left-out part changes the rest less."""

    outer: int
    inner: int

    @classmethod
    def of(cls, height: int) -> "FoldPlan":
        """The plan for so many training cars."""
        if height < 10_000:
            return cls(outer=8, inner=5)
        return cls(outer=5, inner=4) if height < 30_000 else cls(outer=3, inner=3)


def fit_price_part(features: pl.DataFrame, log_price: Floats, inner: int) -> PricePart:
    """Fit what gives a middle to `features`, with `inner` folds for the booster's view of the linear part."""
    encoder = Encoder.fit(features)
    cars = encoder.encode(features)
    counts = {name: np.zeros(cars.height) for name in COUNTED_KEYS}
    linear = np.zeros(cars.height)
    for fold in make_folds(cars.height, inner):
        train = features[fold.train]
        without = Encoder.fit(train)
        held = without.encode(features[fold.held])
        linear[fold.held] = fit_linear(without.encode(train), log_price[fold.train]).predict(held)
        for name in COUNTED_KEYS:
            counts[name][fold.held] = held.counts[name]
    booster = fit_price(price_inputs(replace(cars, counts=counts), linear), log_price)
    return PricePart(encoder, fit_linear(cars, log_price), booster)


def fit_regression(
    features: pl.DataFrame, log_price: Floats, plan: FoldPlan | None = None
) -> tuple[Regression, Estimates]:
    """Fit the regression to cars whose log price is known.

    Returns:
        The regression, and the estimate of each of these cars by a model that had not seen it.
    """
    plan = plan or FoldPlan.of(features.height)
    folds = make_folds(features.height, plan.outer)

    def leave_out(fold: Fold) -> Callable[[], Middle]:
        return lambda: fit_price_part(features[fold.train], log_price[fold.train], plan.inner).estimate(
            features[fold.held]
        )

    held = in_parallel([leave_out(fold) for fold in folds])
    final = fit_price_part(features, log_price, plan.inner)
    middle = _joined(final.encoder, features, folds, held)
    inputs = middle.inputs()
    log_error = np.log(np.maximum(np.abs(log_price - middle.blend), SMALLEST_ERROR))
    spread = np.zeros(features.height)
    for fold in folds:
        booster = load_booster(fit_spread(inputs[fold.train], log_error[fold.train]))
        spread[fold.held] = spread_of(booster, inputs[fold.held])
    unseen = Estimates(middle.blend, spread, middle.cars.counts["model_key"], middle.cars.age)
    return Regression(final, fit_spread(inputs, log_error)), unseen


def _joined(encoder: Encoder, features: pl.DataFrame, folds: list[Fold], held: list[Middle]) -> Middle:
    """The held-out parts as one, in the order of `features`, in the codes of `encoder`."""
    cars = encoder.encode(features)
    counts = {name: np.zeros(cars.height) for name in COUNTED_KEYS}
    linear, boosted = np.zeros(cars.height), np.zeros(cars.height)
    for fold, part in zip(folds, held, strict=True):
        linear[fold.held], boosted[fold.held] = part.linear, part.boosted
        for name in COUNTED_KEYS:
            counts[name][fold.held] = part.cars.counts[name]
    return Middle(replace(cars, counts=counts), linear, boosted)
