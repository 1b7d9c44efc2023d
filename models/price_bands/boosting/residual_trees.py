"""The two LightGBM boosters: one for the residual of the linear estimate, one for the expected error of the sum.

Both see numbers that need no vocabulary of their own beyond the encoder's: the car's facts, how many of its kind
training saw, the linear estimate and, where there are older ads, what those say. For training rows the counts and
the estimate come from folds that did not see the row, as they will at scoring.

The price part minimises a loss between the absolute error of log price and the absolute percentage error (`_loss`):
the first alone says too much of cars whose price may be half of what is usual, the second alone too little of all. It
may only fall with mileage, and none of its other inputs knows the mileage. A newer year of the same car should not be
cheaper, which the loss asks for at copies of the cars (`other_years`): a constraint would forbid the trees to undo what
the linear part says of a year, and cost a twentieth of the accuracy.
"""

from collections.abc import Mapping
from typing import Any

import lightgbm
import numpy as np

from models.price_bands.inputs.columns import Booleans, Floats, Ints, columns_of
from models.price_bands.inputs.encoder import CODES, COUNTED_KEYS, EncodedCars

PRICE_ROUNDS = 400
SPREAD_ROUNDS = 120
MANY_CARS = 10_000
"""With this many training cars or more, the trees are larger and use the trim as a whole."""

CODE_INPUTS = ("fuel", "transmission", "body", "assembly", "province", "registered_key", "city_key", "make_key",
               "family_key", "model_key", "variant_key")  # fmt: skip
_NUMBERS = ("km", "age", "cc", "kwh", "model_year", "variant_year", "years_from_variant")
PRICE_INPUT_NAMES = (*_NUMBERS, *(f"count_{name}" for name in COUNTED_KEYS), *CODE_INPUTS, "linear")
"""Columns of `price_inputs` without history; the mileage is the first."""

_CODE_COLUMNS = [CODES.index(name) for name in CODE_INPUTS]
_OF_VARIANTS = [PRICE_INPUT_NAMES.index(name) for name in ("variant_year", "years_from_variant", "variant_key")]
_EXPONENT, _BLUNT, _WORST = 0.5, 0.05, 2.0
_FALL_WEIGHT, _FALL_MARGIN = 100.0, 0.005
"""The push on a newer year that is not dearer than the older one by the margin (in log price), and on the older one.
Twice both leave as many cheaper newer years, and add 0.1 points to the error."""
_FIXED: Mapping[str, Any] = {
    "verbose": -1,
    "num_threads": 1,  # folds run side by side instead: small trees on two threads mostly wait for each other
    "deterministic": True,
    "force_row_wise": True,
    "bagging_freq": 1,
    "feature_pre_filter": False,
}
_PRICE: Mapping[str, Any] = {"learning_rate": 0.03, "feature_fraction": 0.6, "bagging_fraction": 0.8, "lambda_l2": 5.0}
_FEW: Mapping[str, Any] = {"num_leaves": 15, "min_data_in_leaf": 20}
_MANY: Mapping[str, Any] = {"num_leaves": 63, "min_data_in_leaf": 20, "learning_rate": 0.05}
_SPREAD: Mapping[str, Any] = {
    "objective": "l2",
    "learning_rate": 0.05,
    "num_leaves": 7,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "lambda_l2": 5.0,
}


def price_inputs(cars: EncodedCars, linear: Floats, history: Floats | None) -> Floats:
    """Build the input matrix of the price booster: (cars, inputs).

    Args:
        cars: encoded cars; their counts without the cars themselves where they are training cars.
        linear: the linear estimate without mileage.
        history: `History.inputs`, if there is a history.
    """
    year = cars.code("year").astype(np.float64)
    numbers = (cars.km, cars.age, cars.cc, cars.kwh, year, cars.variant_year, year - cars.variant_year)
    parts = [columns_of(numbers), np.log1p(cars.counts), cars.codes[:, _CODE_COLUMNS], linear[:, None]]
    if history is not None:
        parts += [history, history[:, :2] - linear[:, None]]
    return np.concatenate(parts, axis=1)


def spread_inputs(inputs: Floats, linear: Floats, log_price: Floats, unstated: Booleans) -> Floats:
    """Build the input matrix of the spread booster: also how far both estimates differ, the price level and the gaps.

    Args:
        inputs: `price_inputs`.
        linear: the linear estimate.
        log_price: the point estimate.
        unstated: `Filled.unstated`.
    """
    return np.concatenate([inputs, columns_of((np.abs(linear - log_price), log_price)), unstated], axis=1)


def fit_price(inputs: Floats, log_price: Floats, linear: Floats, pairs: Ints, seed: int) -> str:
    """Fit the residual of the linear estimate of log price; return the booster as text.

    Args:
        inputs: `price_inputs` of the training cars, and after them of copies at other years.
        log_price: of the training cars.
        linear: the linear estimate of all rows.
        pairs: rows of an older and of a newer one of the same car (`other_years.OtherYears`).
        seed: of the trees.
    """
    count = len(log_price)
    if count < MANY_CARS:
        inputs = inputs.copy()
        inputs[:, _OF_VARIANTS] = np.nan  # LightGBM passes over a constant column
    falls = [-1] + [0] * (inputs.shape[1] - 1)
    size = _MANY if count >= MANY_CARS else _FEW
    missed = log_price - linear[:count]

    def loss(estimate: Floats, _data: lightgbm.Dataset) -> tuple[Floats, Floats]:
        gradient, curvature = _falls_with_age(estimate + linear, pairs)
        of_price = _loss(estimate[:count], missed)
        gradient[:count] += of_price[0]
        curvature[:count] += of_price[1]
        return gradient, curvature

    parameters = {**_PRICE, **size, "objective": loss, "monotone_constraints": falls, "seed": seed}
    target = np.concatenate([missed, np.zeros(len(inputs) - count)])  # copies have no price: `loss` asks for none
    return _fit(inputs, target, parameters, PRICE_ROUNDS)


def fit_spread(inputs: Floats, log_error: Floats, seed: int) -> str:
    """Fit the expected log of the absolute error; return the booster as text."""
    return _fit(inputs, log_error, {**_SPREAD, "seed": seed}, SPREAD_ROUNDS)


def load_booster(text: str) -> lightgbm.Booster:
    """Load a booster from its text."""
    return lightgbm.Booster(model_str=text)


def run_booster(booster: lightgbm.Booster, inputs: Floats) -> Floats:
    """Predict; for a few cars starting a second thread would cost more than it saves."""
    threads = 2 if len(inputs) > 5_000 else 1
    return np.asarray(booster.predict(inputs, num_threads=threads), dtype=np.float64)


def _fit(inputs: Floats, target: Floats, objective: Mapping[str, Any], rounds: int) -> str:
    parameters = {**_FIXED, **objective}
    data = lightgbm.Dataset(inputs, target, params=dict(_FIXED), free_raw_data=True)
    return str(lightgbm.train(parameters, data, num_boost_round=rounds).model_to_string())


def _falls_with_age(log_price: Floats, pairs: Ints) -> tuple[Floats, Floats]:
    """Compute gradient and curvature of the squared amounts by which newer years of the same car are too cheap."""
    older, newer = pairs.T
    fall = np.maximum(log_price[older] - log_price[newer] + _FALL_MARGIN, 0.0)
    rows, count = np.concatenate([older, newer]), len(log_price)
    push = _FALL_WEIGHT * np.concatenate([fall, -fall])
    gradient = np.bincount(rows, weights=push, minlength=count).astype(np.float64)
    curvature = np.bincount(rows[push != 0], minlength=count).astype(np.float64) * _FALL_WEIGHT
    return gradient, curvature


def _loss(estimate: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Compute gradient and curvature bound of sqrt(u² + blunt²), where u = (exp(c d) - 1) / c and d = estimate - truth.

    c = 0 would be the (blunted) absolute error of log price, c = 1 the absolute percentage error.
    """
    off = np.clip(estimate - target, -_WORST, _WORST)
    stretch = np.exp(_EXPONENT * off)
    error = (stretch - 1) / _EXPONENT
    size = np.sqrt(error**2 + _BLUNT**2)
    return error / size * stretch, stretch**2 / size
