"""The level correction finds what moved, believes little of it where ads are few, and leaves the rest alone."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.price_bands.inputs.columns import CarColumns
from models.price_bands.inputs.features import read_features
from models.price_bands.level.correction import Level, fit_level
from tests.examples import examples
from tests.models.price_bands.conftest import AS_OF, invented_market

CARS = read_features(CarColumns.from_frame(invented_market(1_000, seed=11)), as_of=AS_OF)
MIDDLE = 15.0 - 0.05 * CARS.age
NOISE = 0.1 * np.random.default_rng(5).standard_normal(CARS.height)
FRESH, OTHERS = slice(0, 200), slice(200, 1_000)


def error_after(level: Level, moved: np.ndarray) -> float:
    left = (moved - level.shift(CARS, MIDDLE))[OTHERS]
    return float(np.abs(left).mean())


def test_a_common_factor_is_found_and_nothing_else() -> None:
    moved = np.full(CARS.height, 0.35)
    level = fit_level(CARS.take(FRESH), MIDDLE[FRESH], (moved + NOISE)[FRESH])
    assert level.overall == pytest.approx(0.35, abs=0.05)
    assert error_after(level, moved) < 0.04
    assert level.ads == 200


def test_segments_that_moved_differently_are_corrected_differently() -> None:
    moved = 0.4 - 0.02 * CARS.age + 0.15 * CARS.keys["make_key"].holds("suzuki".__eq__)
    level = fit_level(CARS.take(FRESH), MIDDLE[FRESH], (moved + NOISE)[FRESH])
    scalar = float(np.abs(moved - np.median((moved + NOISE)[FRESH]))[OTHERS].mean())
    assert error_after(level, moved) < 0.45 * scalar


def test_outliers_hardly_change_the_level() -> None:
    moved = np.full(CARS.height, 0.35)
    slipped = moved + NOISE + np.where(np.arange(CARS.height) % 10 == 0, np.log(10), 0.0)
    assert error_after(fit_level(CARS.take(FRESH), MIDDLE[FRESH], slipped[FRESH]), moved) < 0.06


def test_no_ads_correct_nothing_and_a_few_move_the_level() -> None:
    none = fit_level(CARS.take(slice(0)), MIDDLE[:0], MIDDLE[:0])
    assert not none.shift(CARS, MIDDLE).any()
    few = fit_level(CARS.take(slice(5)), MIDDLE[:5], np.full(5, 0.3))
    assert few.shift(CARS, MIDDLE).mean() == pytest.approx(0.3, abs=0.1)


@pytest.mark.slow
@settings(max_examples=examples(20))
@given(st.floats(-1.5, 1.5), st.randoms(use_true_random=False))
def test_a_further_factor_moves_every_car_and_row_order_does_not_matter(factor: float, random: object) -> None:
    rows = list(range(60))
    random.shuffle(rows)  # type: ignore[attr-defined]
    residual = 0.2 + NOISE[:60]
    first = fit_level(CARS.take(slice(60)), MIDDLE[:60], residual)
    other = fit_level(CARS.take(rows), MIDDLE[:60][rows], residual[rows])
    if first.share == other.share:  # the folds follow the order, and so may the share
        np.testing.assert_allclose(other.shift(CARS, MIDDLE), first.shift(CARS, MIDDLE), atol=1e-6)
    further = fit_level(CARS.take(slice(60)), MIDDLE[:60], residual + factor)
    difference = (further.shift(CARS, MIDDLE) - first.shift(CARS, MIDDLE))[:60]
    assert float(np.median(difference)) == pytest.approx(factor, abs=0.1 + 0.1 * abs(factor))


def test_a_stored_level_corrects_as_the_fitted_one() -> None:
    level = fit_level(CARS.take(FRESH), MIDDLE[FRESH], 0.3 + NOISE[FRESH])
    state, arrays = level.state()
    again = Level.from_state(json.loads(json.dumps(state)), arrays)
    np.testing.assert_array_equal(again.shift(CARS, MIDDLE), level.shift(CARS, MIDDLE))


def test_cars_unlike_any_fresh_ad_move_with_the_market() -> None:
    level = fit_level(CARS.take(FRESH), MIDDLE[FRESH], 0.3 + NOISE[FRESH])
    frame = pl.DataFrame({"make": ["Lada"], "model": ["Niva"], "model_year": [2018]})
    features = read_features(CarColumns.from_frame(frame), as_of=AS_OF)
    assert level.shift(features, np.array([14.6]))[0] == pytest.approx(0.3, abs=0.1)


def test_caution_lowers_noisy_cars_and_the_mean_relative_error() -> None:
    age = CARS.age
    prices = 0.3 + (0.5 + 0.12 * age) * NOISE * 2.5
    plain, careful = (fit_level(CARS.take(FRESH), MIDDLE[FRESH], prices[FRESH], caution=share) for share in (0.0, 1.0))
    lowered = plain.shift(CARS, MIDDLE) - careful.shift(CARS, MIDDLE)
    assert lowered.min() >= 0
    assert lowered[age > 18].mean() > 2 * lowered[age < 6].mean()
    errors = [np.abs(np.exp(level.shift(CARS, MIDDLE) - prices) - 1)[OTHERS].mean() for level in (plain, careful)]
    assert errors[1] < errors[0]
    assert careful.overall == plain.overall
