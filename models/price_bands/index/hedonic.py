"""The regression under the market index: free levels, shrunk weights of cars and of segments' drift, robust noise."""

from dataclasses import dataclass, replace

import numpy as np

from models.price_bands.inputs.columns import Floats, Ints
from models.price_bands.inputs.encoder import CODES, EncodedCars, Encoder
from models.price_bands.inputs.features import CarFeatures
from models.price_bands.inputs.unstated import UsualValues
from models.price_bands.linear.design import Design
from models.price_bands.linear.formula import AGE_KNOTS
from models.price_bands.linear.robust_ridge import StudentNoise, fit
from models.price_bands.linear.terms import FREE, Basis, Term, linear_spline_basis, single

DRIFT = 0.06
"""Prior standard deviation, in log price, of a make's move from the market and of a model's from its make."""
DRIFT_KEYS = ("make_key", "model_key")
_NOISE, _FREEDOM, _ROUNDS, _TOLERANCE = 0.1, 4.0, 5, 1e-8
_LEAST_NOISE = 0.01
_MAD_TO_DEVIATION = 1.4826
_CODES = (*CODES, "month")
_TERMS = (
    Term("level", ("month",), "intercept", FREE),
    *(Term(f"drift_{key}", (key, "month"), "intercept", DRIFT) for key in DRIFT_KEYS),
    Term("make", ("make_key",), "intercept", 0.8),
    Term("family", ("family_key",), "intercept", 0.4),
    Term("model", ("model_key",), "intercept", 0.2),
    Term("variant", ("variant_key",), "intercept", 0.15),
    Term("model_cc", ("model_key", "cc"), "intercept", 0.15),
    Term("model_traits", ("model_key", "fuel", "transmission", "assembly"), "intercept", 0.1),
    Term("transmission", ("transmission",), "intercept", 0.2),
    Term("fuel", ("fuel",), "intercept", 0.1),
    Term("assembly", ("assembly",), "intercept", 0.1),
    Term("body", ("body",), "intercept", 0.05),
    Term("registered", ("registered_key",), "intercept", 0.04),
    Term("city", ("city_key",), "intercept", 0.02),
    Term("make_age", ("make_key",), "age_line", 0.3),
    Term("model_age", ("model_key",), "age_line", 0.2),
    Term("age", (), "age", 0.2),
    Term("km", (), "km", 0.1),
    Term("make_km", ("make_key",), "km", 0.05),
)


@dataclass(frozen=True)
class Fitted:
    """Log levels of the market, the drift of segments from their parents, and how far each car was trusted (0..1)."""

    levels: Floats  # of each month
    drift: dict[str, dict[str, Floats]]  # by column of `DRIFT_KEYS` and key: of each month; 0 where nothing was seen
    trust: Floats
    noise: float  # standard deviation of the residuals of log price


def fit_hedonic(features: CarFeatures, log_price: Floats, month: Ints, months: int) -> Fitted:
    """Fit levels and weights together by robust ridge.

    Args:
        features: of cars that can be priced.
        log_price: of each car.
        month: number of each car's month, 0 to `months` - 1, each at least once.
        months: how many there are.
    """
    filled = UsualValues.fit(features).fill(features).features
    encoder = Encoder.fit(filled)
    cars = encoder.encode(filled)
    cars = replace(cars, codes=np.column_stack([cars.codes, month]))
    values, sizes = _bases(cars), np.insert(encoder.sizes, -1, months)
    design = Design.learn(_TERMS, cars, values, sizes, _CODES)
    # A month whose prices are all multiplied by c differs in this mean alone: the rest is fitted to what it leaves.
    mean = np.bincount(month, log_price, months) / np.bincount(month, minlength=months)
    noise = StudentNoise(_NOISE, _FREEDOM, _ROUNDS, _TOLERANCE, lambda residual, _round: _deviation(residual))
    found = fit(design.matrix(cars, values), design.scales, log_price - mean[month], noise)
    drift = {key: _by_month(design, found.weights, key, (encoder.vocabularies[key], months)) for key in DRIFT_KEYS}
    levels = mean + design.table(found.weights, "level")[:, 0]
    return Fitted(levels, drift, np.minimum(found.trust, 1.0), float(_deviation(found.residual)[0]))


def _bases(cars: EncodedCars) -> dict[str, Basis]:
    km = np.log1p(np.where(np.isnan(cars.km), np.nanmedian(cars.km) if len(cars.km) else 0.0, cars.km))
    return {
        "intercept": single(np.ones(cars.height)),
        "age_line": single(cars.age / 10),
        "age": linear_spline_basis(cars.age, AGE_KNOTS),
        "km": single(km - km.mean()),
    }


def _deviation(residual: Floats) -> Floats:
    """Estimate the noise, equal for all cars, from the median absolute residual."""
    deviation = max(float(_MAD_TO_DEVIATION * np.median(np.abs(residual))), _LEAST_NOISE)
    return np.full(len(residual), deviation)


def _by_month(design: Design, weights: Floats, key: str, size: tuple[list[str], int]) -> dict[str, Floats]:
    """Collect the drift of each text of a key in each month."""
    vocabulary, months = size
    table = np.zeros((len(vocabulary), months))
    text, month = design.known_keys(f"drift_{key}").T
    table[text, month] = design.table(weights, f"drift_{key}")[:, 0]
    return dict(zip(vocabulary, table, strict=True))
