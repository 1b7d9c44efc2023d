"""The guarantee about mileage: the same car with more kilometres never has a higher point estimate.

The booster keeps it by LightGBM's constraint. The linear part keeps it because `falling` bends its weights: over the
mileage knots, at each age knot, the weights become the nearest that never rise (isotonic regression, weighted by
how many cars each knot has); slopes of mileage and of yearly mileage may not be positive for any model. Between the
knots the estimate is a mixture of its neighbours, so what falls at the knots falls everywhere.
"""

import numpy as np
from scipy.optimize import isotonic_regression  # type: ignore[import-untyped]  # it ships no types

from models.price_bands.inputs.columns import Floats
from models.price_bands.inputs.encoder import EncodedCars
from models.price_bands.linear.design import Design
from models.price_bands.linear.formula import AGE_KNOTS, KM_KNOTS, bases

_LIGHTEST = 0.5  # cars that a knot counts for at least


def falling(design: Design, weights: Floats, cars: EncodedCars) -> Floats:
    """Bend the weights of a linear model so that its estimate never rises with mileage.

    Args:
        design: of the price model's formula.
        weights: as fitted.
        cars: the training cars; how many stand at each knot decides which weights give way.
    """
    bent = weights.copy()
    by_km, by_km_and_age = design.table(bent, "km"), design.table(bent, "km_age")
    grid = by_km[0][:, None] + by_km_and_age[0].reshape(len(KM_KNOTS), len(AGE_KNOTS))
    cars_at_knot = _cars_at_knot(cars)
    for age in range(len(AGE_KNOTS)):
        grid[:, age] = isotonic_regression(grid[:, age], weights=cars_at_knot[:, age], increasing=False).x
    by_km_and_age[0] = (grid - by_km[0][:, None]).ravel()
    common = design.table(bent, "yearly_km")
    np.minimum(common, 0.0, out=common)
    of_model = design.table(bent, "model_yearly_km")
    np.minimum(of_model, -common.sum(), out=of_model)
    line = design.table(bent, "model_km")
    np.minimum(line, 0.0, out=line)
    return bent


def _cars_at_knot(cars: EncodedCars) -> Floats:
    """Count the training cars at each pair of a mileage and an age knot."""
    basis = bases(cars)["km_age"]
    count = np.bincount(basis.codes.ravel(), weights=basis.values.ravel(), minlength=basis.width)
    return count.astype(np.float64).reshape(len(KM_KNOTS), len(AGE_KNOTS)) + _LIGHTEST
