"""The linear part's formula: which weights a car's price is a sum of.

Each term is a family of weights: one for each value of its keys (a make; a model with a trim word), times a basis
of the car's numbers (1, age, mileage...). `scale` is the standard deviation that its weights are believed to have
beforehand, in log price: makes differ a lot, a city a little. The scales are rounded outcomes of maximising the
marginal likelihood of the training part of public ads; a car with few peers leans on the broader terms by itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.price_bands.inputs.encoder import EncodedCars, Floats, Ints

AGE_KNOTS = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20, 23, 26, 30, 35, 40, 50, 75], dtype=np.float64)
KM_KNOTS = np.array([0, 0.05, 0.5, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 25, 30, 40], dtype=np.float64)
USUAL_CC = 1300.0
SMALLEST_ENGINE, LARGEST_ENGINE = 400.0, 8000.0
YOUNGEST_IN_USE = 0.3
"""Years: the use a year of a younger car is counted as if it were so old."""
KEY_CODES = 1_000_000
"""More codes than any vocabulary has: two keys share one integer."""
PRODUCT_CODES = 64
"""More codes than either factor of a product basis has."""

Basis = tuple[Ints, Floats]
"""Codes and values, both (cars, width): a car has `value` of the basis function with that code."""


@dataclass(frozen=True)
class Term:
    """One family of weights: a name, the keys, the basis and the prior standard deviation."""

    name: str
    keys: tuple[str, ...]
    basis: str
    scale: float


TERMS = (
    Term("transmission", ("transmission",), "one", 1.0),
    Term("make", ("make_key",), "one", 0.8),
    Term("engine", (), "engine", 0.7),
    Term("age_line", (), "age_line", 0.7),
    Term("make_engine", ("make_key",), "engine", 0.3),
    Term("make_age_line", ("make_key",), "age_line", 0.3),
    Term("make_cc", ("make_key", "cc"), "one", 0.25),
    Term("family", ("family_key",), "one", 0.25),
    Term("model_cc", ("model_key", "cc"), "one", 0.12),
    Term("model_age_line", ("model_key",), "age_line", 0.1),
    Term("assembly", ("assembly",), "one", 0.07),
    Term("fuel", ("fuel",), "one", 0.06),
    Term("cc", ("cc",), "one", 0.05),
    Term("year", ("year",), "one", 0.05),
    Term("fuel_age", ("fuel",), "age", 0.05),
    Term("cc_age", ("cc",), "age", 0.05),
    Term("variant_age_line", ("variant_key",), "age_line", 0.04),
    Term("age", (), "age", 0.04),
    Term("registered", ("registered_key",), "one", 0.04),
    Term("model", ("model_key",), "one", 0.04),
    Term("model_use", ("model_key",), "use", 0.03),
    Term("use", (), "use", 0.03),
    Term("make_token", ("make_key", "token"), "one", 0.03),
    Term("km_age", (), "km_age", 0.03),
    Term("make_age", ("make_key",), "age", 0.03),
    Term("model_age", ("model_key",), "age", 0.025),
    Term("token", ("token",), "one", 0.025),
    Term("battery", (), "battery", 0.02),
    Term("model_fuel", ("model_key", "fuel"), "one", 0.02),
    Term("model_transmission", ("model_key", "transmission"), "one", 0.02),
    Term("model_body", ("model_key", "body"), "one", 0.02),
    Term("model_assembly", ("model_key", "assembly"), "one", 0.02),
    Term("family_age", ("family_key",), "age", 0.02),
    Term("body_age", ("body",), "age", 0.02),
    Term("model_km", ("model_key",), "km_line", 0.02),
    Term("make_fuel", ("make_key", "fuel"), "one", 0.02),
    Term("make_body", ("make_key", "body"), "one", 0.02),
    Term("make_assembly", ("make_key", "assembly"), "one", 0.02),
    Term("province", ("province",), "one", 0.015),
    Term("model_year", ("model_key", "year"), "one", 0.012),
    Term("km", (), "km", 0.01),
    Term("body", ("body",), "one", 0.01),
    Term("unregistered_age", ("unregistered",), "age", 0.01),
    Term("model_token", ("model_key", "token"), "one", 0.01),
    Term("family_token", ("family_key", "token"), "one", 0.01),
    Term("city", ("city_key",), "one", 0.01),
)

MILEAGE_TERMS = frozenset(term.name for term in TERMS if term.basis in ("km", "km_line", "km_age", "use"))
"""The terms that know the mileage; they add nothing to a car whose mileage is unknown."""


def bases(cars: EncodedCars) -> dict[str, Basis]:
    """Every basis of the formula, evaluated on `cars`."""
    # A broad prior on the engine's slope must not be spent on sizes that no car has.
    engine = np.nan_to_num(np.log(np.clip(cars.cc, SMALLEST_ENGINE, LARGEST_ENGINE) / USUAL_CC))
    use = np.nan_to_num(np.log1p(cars.km) - np.log1p(np.maximum(cars.age, YOUNGEST_IN_USE)))
    age, km = _hats(cars.age, AGE_KNOTS), _hats(cars.km, KM_KNOTS)
    return {
        "one": _single(np.ones(cars.height)),
        "age_line": _single(cars.age / 10),
        "engine": _single(engine),
        "battery": _single(cars.kwh / 50),
        "km_line": _single(np.nan_to_num(cars.km / 10)),
        "use": _single(use),
        "age": age,
        "km": km,
        "km_age": _product(km, age),
    }


def rows_and_keys(term: Term, cars: EncodedCars) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """For each (car, key) pair of a term: the car's row, the combined key, and whether all its parts are known."""
    by_token = "token" in term.keys
    rows = cars.token_rows if by_token else np.arange(cars.height, dtype=np.int64)
    combined = np.zeros(len(rows), dtype=np.int64)
    known = np.ones(len(rows), dtype=np.bool_)
    for key in term.keys:
        codes = cars.tokens if key == "token" else cars.codes[key][rows]
        known &= codes >= 0
        combined = combined * KEY_CODES + np.maximum(codes, 0)
    return rows, combined, known


def _single(values: Floats) -> Basis:
    return np.zeros((len(values), 1), dtype=np.int64), values[:, None]


def _hats(values: Floats, knots: Floats) -> Basis:
    """Piecewise linear: the two knots around each value, weighted by nearness; nothing where it is unknown."""
    known = ~np.isnan(values)
    inside = np.clip(np.where(known, values, 0.0), knots[0], knots[-1])
    left = np.clip(np.searchsorted(knots, inside, side="right") - 1, 0, len(knots) - 2).astype(np.int64)
    share = (inside - knots[left]) / (knots[left + 1] - knots[left])
    weights = np.where(known[:, None], np.stack([1 - share, share], axis=1), 0.0)
    return np.stack([left, left + 1], axis=1), weights


def _product(first: Basis, second: Basis) -> Basis:
    codes = first[0][:, :, None] * PRODUCT_CODES + second[0][:, None, :]
    values = first[1][:, :, None] * second[1][:, None, :]
    return codes.reshape(len(codes), -1), values.reshape(len(values), -1)


BASIS_CODES = 4096
"""More codes than any basis has: a key and a basis code share one integer."""
