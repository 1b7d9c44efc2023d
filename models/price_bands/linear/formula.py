"""The formula of the price model: which weights a car's log price is a sum of.

Makes differ a lot, a city a little: the scales of the terms say so. They are rounded outcomes of maximising the
marginal likelihood of the training part of public ads; a car of which few were seen leans on the broader terms by
itself.
"""

import numpy as np

from models.price_bands.inputs.columns import or_zero
from models.price_bands.inputs.encoder import EncodedCars
from models.price_bands.linear.terms import Basis, Term, linear_spline_basis, product, single

AGE_KNOTS = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20, 23, 26, 30, 35, 40, 50, 75], dtype=np.float64)
KM_KNOTS = np.array([0, 0.05, 0.5, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 25, 30, 40], dtype=np.float64)
USUAL_CC = 1300.0
SMALLEST_ENGINE, LARGEST_ENGINE = 400.0, 8000.0
YOUNGEST_IN_USE = 0.3
"""Years: the yearly mileage of a younger car is counted as if it were so old."""

TERMS = (
    Term("transmission", ("transmission",), "intercept", 1.0),
    Term("make", ("make_key",), "intercept", 0.8),
    Term("engine", (), "engine", 0.7),
    Term("age_line", (), "age_line", 0.7),
    Term("make_engine", ("make_key",), "engine", 0.3),
    Term("make_age_line", ("make_key",), "age_line", 0.3),
    Term("make_cc", ("make_key", "cc"), "intercept", 0.25),
    Term("family", ("family_key",), "intercept", 0.25),
    Term("model_cc", ("model_key", "cc"), "intercept", 0.12),
    Term("model_age_line", ("model_key",), "age_line", 0.1),
    Term("assembly", ("assembly",), "intercept", 0.07),
    Term("fuel", ("fuel",), "intercept", 0.06),
    Term("cc", ("cc",), "intercept", 0.05),
    Term("fuel_age", ("fuel",), "age", 0.05),
    Term("cc_age", ("cc",), "age", 0.05),
    Term("variant_age_line", ("variant_key",), "age_line", 0.04),
    Term("age", (), "age", 0.04),
    Term("registered", ("registered_key",), "intercept", 0.04),
    Term("model", ("model_key",), "intercept", 0.04),
    Term("make_token", ("make_key", "token"), "intercept", 0.03),
    Term("make_age", ("make_key",), "age", 0.03),
    Term("model_age", ("model_key",), "age", 0.025),
    Term("token", ("token",), "intercept", 0.025),
    Term("battery", (), "battery", 0.02),
    Term("model_fuel", ("model_key", "fuel"), "intercept", 0.02),
    Term("model_transmission", ("model_key", "transmission"), "intercept", 0.02),
    Term("model_body", ("model_key", "body"), "intercept", 0.02),
    Term("model_assembly", ("model_key", "assembly"), "intercept", 0.02),
    Term("family_age", ("family_key",), "age", 0.02),
    Term("body_age", ("body",), "age", 0.02),
    Term("make_fuel", ("make_key", "fuel"), "intercept", 0.02),
    Term("make_body", ("make_key", "body"), "intercept", 0.02),
    Term("make_assembly", ("make_key", "assembly"), "intercept", 0.02),
    Term("province", ("province",), "intercept", 0.015),
    Term("model_year", ("model_key", "year"), "intercept", 0.012),
    Term("body", ("body",), "intercept", 0.01),
    Term("unregistered_age", ("unregistered",), "age", 0.01),
    Term("model_token", ("model_key", "token"), "intercept", 0.01),
    Term("family_token", ("family_key", "token"), "intercept", 0.01),
    Term("city", ("city_key",), "intercept", 0.01),
    Term("model_yearly_km", ("model_key",), "yearly_km", 0.03),
    Term("yearly_km", (), "yearly_km", 0.03),
    Term("km_age", (), "km_age", 0.03),
    Term("model_km", ("model_key",), "km_line", 0.02),
    Term("km", (), "km", 0.01),
)

MILEAGE_BASES = frozenset({"km", "km_line", "km_age", "yearly_km"})
"""The bases that know the mileage: they are 0 for a car whose mileage is unknown. Their terms stand last in `TERMS`."""


def bases(cars: EncodedCars) -> dict[str, Basis]:
    """Evaluate every basis of the formula on cars."""
    # A broad prior on the engine's slope must not be spent on sizes that no car has.
    engine = or_zero(np.log(np.minimum(np.maximum(cars.cc, SMALLEST_ENGINE), LARGEST_ENGINE) / USUAL_CC))
    yearly_km = or_zero(np.log1p(cars.km) - np.log1p(np.maximum(cars.age, YOUNGEST_IN_USE)))
    age, km = linear_spline_basis(cars.age, AGE_KNOTS), linear_spline_basis(cars.km, KM_KNOTS)
    return {
        "intercept": single(np.ones(cars.height)),
        "age_line": single(cars.age / 10),
        "engine": single(engine),
        "battery": single(cars.kwh / 50),
        "km_line": single(or_zero(cars.km / 10)),
        "yearly_km": single(yearly_km),
        "age": age,
        "km": km,
        "km_age": product(km, age),
    }
