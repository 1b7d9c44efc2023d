"""Fit the regression, and estimate each training car by models that never saw it.

Two levels of folds. The inner level gives the booster linear estimates of cars that the linear part had not seen, as
at scoring. The outer level leaves a car out of everything, usual values, linear part and booster, so that its residual
is honest and the bands that are calibrated on it cover as many new cars as they say.

A held-out car is estimated as its ad states it, and again with inputs left out (`inputs.masking`): the spread and the
bands learn from these how much wider a band has to be for what is not stated.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.price_bands.boosting.older_ads import History
from models.price_bands.boosting.other_years import other_years
from models.price_bands.boosting.regressor import (
    Estimates,
    PointEstimate,
    PricePart,
    Regression,
    booster_inputs,
    spread_of,
)
from models.price_bands.boosting.residual_trees import fit_price, fit_spread, load_booster
from models.price_bands.boosting.smooth_years import fit_smooth_years
from models.price_bands.inputs.columns import Floats, Ints
from models.price_bands.inputs.encoder import EncodedCars, Encoder
from models.price_bands.inputs.features import CarFeatures
from models.price_bands.inputs.folds import SEED, make_folds
from models.price_bands.inputs.masking import leave_out, masked_copies
from models.price_bands.inputs.unstated import FIELDS, Filled, UsualValues
from models.price_bands.linear.ridge import LinearEstimate, fit_linear
from models.price_bands.threads import in_parallel

SMALLEST_ERROR = 0.01
"""Errors below 1 % count as 1 % when the spread is learnt: a price met by chance is no precision."""


@dataclass(frozen=True)
class FoldPlan:
    """The number of folds; fewer for more cars, whose left-out part changes the rest less."""

    outer: int
    inner: int
    seed: int = SEED

    @classmethod
    def of(cls, height: int, seed: int = SEED) -> "FoldPlan":
        """Choose the plan for a number of training cars."""
        if height < 10_000:
            return cls(8, 5, seed)
        return cls(5, 4, seed) if height < 30_000 else cls(3, 3, seed)


@dataclass(frozen=True)
class HeldOut:
    """Estimates of training cars, and of masked copies of them after these, by models that had not seen the car."""

    estimates: Estimates
    row: Ints  # of the training car


def fit_price_part(
    features: CarFeatures, log_price: Floats, plan: FoldPlan, history: History | None = None
) -> PricePart:
    """Fit all but the spread to `features`, with inner folds for the booster's view of the linear part."""
    usual = UsualValues.fit(features)
    filled = usual.fill(features).features
    encoder = Encoder.fit(filled)
    copies = other_years(filled, plan.seed)
    cars = encoder.encode(copies.features)
    held_rows: list[Ints] = []
    held: list[tuple[EncodedCars, LinearEstimate]] = []
    for fold in make_folds(filled.height, plan.inner, plan.seed):
        train = filled.take(fold.train)
        without = Encoder.fit(train)
        rows = np.flatnonzero(np.isin(copies.row, fold.held))
        part = without.encode(copies.features.take(rows))
        linear = fit_linear(without.encode(train), log_price[fold.train], without.sizes)
        held_rows.append(rows)
        held.append((part, linear.predict(part)))
    unseen, linear_estimate = out_of_fold(cars, held_rows, held)
    inputs = booster_inputs(unseen, linear_estimate, history, copies.features)
    booster = fit_price(inputs, log_price, linear_estimate.total, copies.pairs, plan.seed)
    own = encoder.encode(filled)
    rough = PricePart(usual, encoder, fit_linear(own, log_price, encoder.sizes), booster, history)

    def price(asked: CarFeatures) -> Floats:
        return rough.estimate(Filled(asked, np.zeros((asked.height, len(FIELDS)), dtype=np.bool_))).log_price

    return replace(rough, smooth_years=fit_smooth_years(features, usual, encoder, price))


def fit_regression(
    features: CarFeatures, log_price: Floats, history: History | None = None, plan: FoldPlan | None = None
) -> tuple[Regression, HeldOut]:
    """Fit the regression to cars whose log price is known, with what older ads teach where there are any."""
    plan = plan or FoldPlan.of(features.height)
    folds = make_folds(features.height, plan.outer, plan.seed)
    copies, mask = masked_copies(features.height, plan.seed)
    row = np.concatenate([np.arange(features.height, dtype=np.int64), copies])
    cars = leave_out(features.take(row), np.concatenate([np.zeros((features.height, mask.shape[1]), np.bool_), mask]))
    fold_of_row = np.zeros(features.height, dtype=np.int64)
    for number, fold in enumerate(folds):
        fold_of_row[fold.held] = number
    held_rows = [np.flatnonzero(fold_of_row[row] == number) for number in range(len(folds))]

    def leave_fold_out(number: int) -> Callable[[], PointEstimate]:
        def estimate() -> PointEstimate:
            train = folds[number].train
            part = fit_price_part(features.take(train), log_price[train], plan, history)
            return part.estimate(part.usual.fill(cars.take(held_rows[number])))

        return estimate

    held = in_parallel([leave_fold_out(number) for number in range(len(folds))])
    final = fit_price_part(features, log_price, plan, history)
    point = _joined(final, final.usual.fill(cars), held_rows, held)
    inputs = point.spread_inputs()
    log_error = np.log(np.maximum(np.abs(log_price[row] - point.log_price), SMALLEST_ERROR))
    spread = np.zeros(cars.height)
    for rows in held_rows:
        others = np.setdiff1d(np.arange(cars.height), rows)
        booster = load_booster(fit_spread(inputs[others], log_error[others], plan.seed))
        spread[rows] = spread_of(booster, inputs[rows])
    unseen = Estimates(point.log_price, spread, point.sample_size, point.cars.age, point.unstated)
    return Regression(final, fit_spread(inputs, log_error, plan.seed)), HeldOut(unseen, row)


def _joined(final: PricePart, filled: Filled, rows: list[Ints], held: list[PointEstimate]) -> PointEstimate:
    """Join the held-out parts in the order of `filled`, in the codes of `final`."""
    cars = final.encoder.encode(filled.features)
    unseen, linear = out_of_fold(cars, rows, [(part.cars, part.linear) for part in held])
    sample_size, log_price = np.zeros(cars.height), np.zeros(cars.height)
    unstated = np.zeros_like(filled.unstated)
    for where, part in zip(rows, held, strict=True):
        sample_size[where], log_price[where], unstated[where] = part.sample_size, part.log_price, part.unstated
    inputs = booster_inputs(unseen, linear, final.history, filled.features)
    return PointEstimate(unseen, unstated, sample_size, linear, inputs, log_price)


def out_of_fold(
    cars: EncodedCars, rows: list[Ints], held: list[tuple[EncodedCars, LinearEstimate]]
) -> tuple[EncodedCars, LinearEstimate]:
    """Give cars the counts and the linear estimates of the folds that had not seen them.

    Args:
        cars: encoded by all cars.
        rows: of each fold, the rows that it held out.
        held: of each fold, those rows as its own encoder and its linear model see them.
    """
    counts, variant_year = np.zeros_like(cars.counts), np.zeros(cars.height)
    without, mileage = np.zeros(cars.height), np.zeros(cars.height)
    for where, (part, linear) in zip(rows, held, strict=True):
        variant_year[where], counts[where] = part.variant_year, part.counts
        without[where], mileage[where] = linear.without_mileage, linear.mileage
    return replace(cars, counts=counts, variant_year=variant_year), LinearEstimate(without, mileage)
