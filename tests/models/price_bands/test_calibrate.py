"""Bands of cheap and dear cars are as wide as these need."""

import numpy as np
import pytest

from models.price_bands.boosting.regressor import Estimates
from models.price_bands.calibrate import DEAR, fit_calibration
from models.price_bands.inputs.unstated import FIELDS


def test_bands_of_cheap_and_dear_cars_cover_though_these_vary_more() -> None:
    random = np.random.default_rng(4)
    count = 80_000
    middle = random.normal(15.0, 1.0, count)
    varied = np.where(middle < np.quantile(middle, 0.05), 2.0, np.where(middle > np.quantile(middle, 0.98), 3.0, 1.0))
    price = middle + 0.1 * varied * random.standard_normal(count)
    nothing = np.zeros((count, len(FIELDS)), dtype=np.bool_)
    estimates = Estimates(middle, np.full(count, 0.1), np.full(count, 50.0), np.full(count, 6.0), nothing)
    calibration = fit_calibration(price, estimates, stated=count)
    low, high = calibration.bounds(estimates)
    inside = (price[:, None] >= low) & (price[:, None] <= high)
    for group in (varied == 1.0, varied == 2.0, varied == 3.0):
        assert inside[group, 1].mean() == pytest.approx(0.8, abs=0.04)  # cheap 0.50 and dear 0.34 without the stretch
    assert (np.diff(low, axis=1) <= 0).all()
    assert (np.diff(high, axis=1) >= 0).all()


def test_high_prices_are_covered_where_estimates_of_dear_cars_are_too_low() -> None:
    """A tenth of all cars is worth 40 % more than estimated: such prices are high, their estimates are not."""
    random = np.random.default_rng(5)
    count = 40_000
    middle = random.normal(15.0, 0.5, count)
    price = middle + 0.1 * random.standard_normal(count) + np.where(random.random(count) < 0.1, 0.35, 0.0)
    nothing = np.zeros((count, len(FIELDS)), dtype=np.bool_)
    estimates = Estimates(middle, np.full(count, 0.1), np.full(count, 50.0), np.full(count, 6.0), nothing)
    calibration = fit_calibration(price, estimates, stated=count)
    low, high, _ = calibration.bands(estimates)
    inside = (price >= low[:, 1]) & (price <= high[:, 1])
    dear = price > np.quantile(price, DEAR)
    assert inside[dear].mean() == pytest.approx(0.8, abs=0.05)  # 0.61 by groups of estimates
    assert inside.mean() == pytest.approx(0.8, abs=0.02)
    assert (low <= middle[:, None]).all()
    assert (high >= middle[:, None]).all()
