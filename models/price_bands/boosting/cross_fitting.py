"""Fitting the regression, and seeing each training car as a model that never saw it would.

Two levels of folds. The inner level gives the booster linear estimates of cars that the linear part had not seen, as
at scoring. The outer level leaves a car out of everything, linear part and booster, so that its residual is honest
and the bands that are calibrated on it keep their promise on new cars.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from models.price_bands.boosting.older_ads import History
from models.price_bands.boosting.regressor import Estimates, Middle, PricePart, Regression, spread_of
from models.price_bands.boosting.residual_trees import fit_price, fit_spread, load_booster, price_inputs
from models.price_bands.inputs.encoder import COUNTED_KEYS, EncodedCars, Encoder, Floats
from models.price_bands.inputs.folds import SEED, Fold, in_parallel, make_folds
from models.price_bands.linear.ridge import LinearEstimate, fit_linear

SMALLEST_ERROR = 0.01
"""Errors below 1 % count as 1 % when the spread is learnt: a price met by chance is no precision."""


@dataclass(frozen=True)
class FoldPlan:
    """How many folds; fewer for more cars, whose left-out part changes the rest less."""

    outer: int
    inner: int
    seed: int = SEED

    @classmethod
    def of(cls, height: int, seed: int = SEED) -> "FoldPlan":
        """The plan for so many training cars."""
        if height < 10_000:
            return cls(8, 5, seed)
        return cls(5, 4, seed) if height < 30_000 else cls(3, 3, seed)


def fit_price_part(
    features: pl.DataFrame, log_price: Floats, plan: FoldPlan, history: History | None = None
) -> PricePart:
    """Fit what gives a middle to `features`, with inner folds for the booster's view of the linear part."""
    encoder = Encoder.fit(features)
    cars = encoder.encode(features)
    folds = make_folds(cars.height, plan.inner, plan.seed)
    held: list[tuple[EncodedCars, LinearEstimate]] = []
    for fold in folds:
        train = features[fold.train]
        without = Encoder.fit(train)
        part = without.encode(features[fold.held])
        held.append((part, fit_linear(without.encode(train), log_price[fold.train]).predict(part)))
    as_unseen, linear = _as_unseen(cars, folds, held)
    then = None if history is None else history.inputs(features)
    booster = fit_price(price_inputs(as_unseen, linear.without_mileage, then), log_price - linear.total, plan.seed)
    return PricePart(encoder, fit_linear(cars, log_price), booster, history)


def fit_regression(
    features: pl.DataFrame, log_price: Floats, history: History | None = None, plan: FoldPlan | None = None
) -> tuple[Regression, Estimates]:
    """Fit the regression to cars whose log price is known, with what older ads teach where there are any.

    Returns:
        The regression, and the estimate of each of these cars by a model that had not seen it.
    """
    plan = plan or FoldPlan.of(features.height)
    folds = make_folds(features.height, plan.outer, plan.seed)

    def leave_out(fold: Fold) -> Callable[[], Middle]:
        return lambda: fit_price_part(features[fold.train], log_price[fold.train], plan, history).estimate(
            features[fold.held]
        )

    held = in_parallel([leave_out(fold) for fold in folds])
    final = fit_price_part(features, log_price, plan, history)
    middle = _joined(final, features, folds, held)
    inputs = middle.inputs()
    log_error = np.log(np.maximum(np.abs(log_price - middle.boosted), SMALLEST_ERROR))
    spread = np.zeros(features.height)
    for fold in folds:
        booster = load_booster(fit_spread(inputs[fold.train], log_error[fold.train], plan.seed))
        spread[fold.held] = spread_of(booster, inputs[fold.held])
    unseen = Estimates(middle.boosted, spread, middle.peers, middle.cars.age)
    return Regression(final, fit_spread(inputs, log_error, plan.seed)), unseen


def _joined(final: PricePart, features: pl.DataFrame, folds: list[Fold], held: list[Middle]) -> Middle:
    """The held-out parts as one, in the order of `features`, in the codes of `final`."""
    cars, linear = _as_unseen(final.encoder.encode(features), folds, [(part.cars, part.linear) for part in held])
    peers, boosted = np.zeros(cars.height), np.zeros(cars.height)
    for fold, part in zip(folds, held, strict=True):
        peers[fold.held], boosted[fold.held] = part.peers, part.boosted
    history = None if final.history is None else final.history.inputs(features)
    return Middle(cars, peers, linear, history, boosted)


def _as_unseen(
    cars: EncodedCars, folds: list[Fold], held: list[tuple[EncodedCars, LinearEstimate]]
) -> tuple[EncodedCars, LinearEstimate]:
    """`cars` with what is known of their kind without themselves, and their held-out linear estimates."""
    counts = {name: np.zeros(cars.height) for name in COUNTED_KEYS}
    variant_year, without, mileage = np.zeros(cars.height), np.zeros(cars.height), np.zeros(cars.height)
    for fold, (part, linear) in zip(folds, held, strict=True):
        variant_year[fold.held] = part.variant_year
        without[fold.held], mileage[fold.held] = linear.without_mileage, linear.mileage
        for name in COUNTED_KEYS:
            counts[name][fold.held] = part.counts[name]
    return replace(cars, counts=counts, variant_year=variant_year), LinearEstimate(without, mileage)
