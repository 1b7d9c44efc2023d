"""The formula of the level correction: which weights the move of a car's price is a sum of."""

import numpy as np

from models.price_bands.inputs.columns import Floats
from models.price_bands.inputs.encoder import EncodedCars
from models.price_bands.linear.terms import Basis, Term, linear_spline_basis, single

AGE_KNOTS = np.array([0, 2, 4, 6, 8, 10, 13, 16, 20, 25, 30, 40], dtype=np.float64)
PRICE_KNOTS = np.array([-2.0, -1.3, -0.8, -0.4, 0.0, 0.4, 0.8, 1.3, 2.0])
USUAL_CC = 1300.0
_USUAL_AGE = 8.0

TERMS = (
    Term("market", (), "intercept", 1.0),
    Term("age_line", (), "age_line", 0.6),
    Term("age", (), "age", 0.05),
    Term("age_over_28", (), "age_over_28", 0.15),
    Term("price_line", (), "price_line", 0.1),
    Term("price", (), "price", 0.05),
    Term("engine", (), "engine", 0.2),
    Term("fuel", ("fuel",), "intercept", 0.2),
    Term("fuel_age", ("fuel",), "age_line", 0.04),
    Term("assembly", ("assembly",), "intercept", 0.1),
    Term("body", ("body",), "intercept", 0.05),
    Term("make", ("make_key",), "intercept", 0.0125),
    Term("family_age", ("family_key",), "age_line", 0.05),
    Term("family_age_over_20", ("family_key",), "age_over_20", 0.15),
    Term("token", ("token",), "intercept", 0.04),
    Term("variant", ("variant_key",), "intercept", 0.05),
    Term("model_fuel", ("model_key", "fuel"), "intercept", 0.05),
    Term("model_assembly", ("model_key", "assembly"), "intercept", 0.04),
    Term("generation", ("model_key", "generation"), "intercept", 0.05),
    Term("model_year", ("model_key", "year"), "intercept", 0.05),
)
"""The market's own term is the first."""


def bases(cars: EncodedCars, price: Floats) -> dict[str, Basis]:
    """Evaluate every basis of the formula; `price` is each car's log price, counted from the middle of the market."""
    engine = np.log(np.where(np.isnan(cars.cc), USUAL_CC, cars.cc) / USUAL_CC)
    return {
        "intercept": single(np.ones(cars.height)),
        "age_line": single((cars.age - _USUAL_AGE) / 10),
        "age": linear_spline_basis(cars.age, AGE_KNOTS),
        "age_over_28": single(np.maximum(cars.age - 28, 0) / 10),
        "price_line": single(price),
        "price": linear_spline_basis(price, PRICE_KNOTS),
        "engine": single(engine),
        "age_over_20": single(np.maximum(cars.age - 20, 0) / 10),
    }
