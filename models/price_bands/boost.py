"""The LightGBM parts: the price beside the linear estimate, and how far off the price is likely to be.

Both see numbers that need no vocabulary of their own beyond the encoder's: the car's facts, how many of its kind
training saw, and the linear estimate. For training rows the counts and the estimate come from folds that did not
see the row, as they will at scoring.
"""

from collections.abc import Mapping
from typing import Any

import lightgbm
import numpy as np

from models.price_bands.encode import COUNTED_KEYS, EncodedCars, Floats

PRICE_ROUNDS = 500
SPREAD_ROUNDS = 120
_CODES = ("fuel", "transmission", "body", "assembly", "province", "registered_key", "city_key", "make_key",
          "family_key", "model_key")  # fmt: skip
_FIXED: Mapping[str, Any] = {
    "verbose": -1,
    "num_threads": 1,  # folds run side by side instead: small trees on two threads mostly wait for each other
    "seed": 2025,
    "deterministic": True,
    "force_row_wise": True,
    "bagging_freq": 1,
    "feature_pre_filter": False,
}
_PRICE: Mapping[str, Any] = {
    "objective": "l1",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 10,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
}
_SPREAD: Mapping[str, Any] = {
    "objective": "l2",
    "learning_rate": 0.05,
    "num_leaves": 7,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "lambda_l2": 5.0,
}


def price_inputs(cars: EncodedCars, linear: Floats) -> Floats:
    """The matrix of the price part: (cars, inputs)."""
    columns = [cars.age, cars.km, cars.cc, cars.kwh, cars.codes["year"].astype(np.float64)]
    columns += [np.log1p(cars.counts[name]) for name in COUNTED_KEYS]
    columns += [cars.codes[name].astype(np.float64) for name in _CODES]
    return np.column_stack([*columns, linear])


def spread_inputs(cars: EncodedCars, linear: Floats, boosted: Floats, middle: Floats) -> Floats:
    """The matrix of the spread part: the price part's, how far its two estimates disagree, and the price level."""
    return np.column_stack([price_inputs(cars, linear), np.abs(linear - boosted), middle])


def fit_price(inputs: Floats, log_price: Floats) -> str:
    """Fit log price (least absolute error); the booster as text."""
    return _fit(inputs, log_price, _PRICE, PRICE_ROUNDS)


def fit_spread(inputs: Floats, log_error: Floats) -> str:
    """Fit the expected log of the absolute error; the booster as text."""
    return _fit(inputs, log_error, _SPREAD, SPREAD_ROUNDS)


def load_booster(text: str) -> lightgbm.Booster:
    """The booster that was dumped as `text`."""
    return lightgbm.Booster(model_str=text)


def run_booster(booster: lightgbm.Booster, inputs: Floats) -> Floats:
    """Predict; a quote for a few cars does not pay for waking a second thread."""
    threads = 2 if len(inputs) > 5_000 else 1
    return np.asarray(booster.predict(inputs, num_threads=threads), dtype=np.float64)


def _fit(inputs: Floats, target: Floats, objective: Mapping[str, Any], rounds: int) -> str:
    parameters = {**_FIXED, **objective}
    data = lightgbm.Dataset(inputs, target, params=dict(_FIXED), free_raw_data=True)
    return str(lightgbm.train(parameters, data, num_boost_round=rounds).model_to_string())
