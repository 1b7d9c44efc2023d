"""Forecasts of the market's level: better than no change or no change, and intervals that hold what they say."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.price_bands.index.forecast import FEWEST_ORIGINS, INTERVAL, ForecastMethod, forecast
from tests.examples import examples

MONTHS = [date(2023 + number // 12, number % 12 + 1, 1) for number in range(42)]


def walks(count: int, *, drift: float = 0.0, noise: float = 0.0) -> np.ndarray:
    """Levels of random walks with a move of 2 % a month, and noise of the index itself."""
    random = np.random.default_rng(7)
    logs = np.cumsum(random.normal(drift, 0.02, (count, len(MONTHS))), axis=1)
    return 100 * np.exp(logs + random.normal(0, noise, logs.shape)) if noise else 100 * np.exp(logs)


@pytest.mark.parametrize("drift", [0.0, 0.015])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_intervals_of_random_walks_hold_at_least_what_they_say(drift: float, noise: float) -> None:
    inside: dict[int, list[bool]] = {3: [], 6: []}
    for levels in walks(300, drift=drift, noise=noise):
        for found in forecast(MONTHS[:36], levels[:36].tolist()):
            later = levels[35 + found.months_ahead]
            inside[found.months_ahead].append(bool(found.low <= later <= found.high))
    for held in inside.values():
        assert len(held) == 300
        assert np.mean(held) >= INTERVAL - 0.06  # two standard errors of 300, and the months that are shared


def test_a_walk_without_direction_is_answered_by_no_change() -> None:
    chosen = [found.method for levels in walks(200) for found in forecast(MONTHS[:36], levels[:36].tolist())]
    assert chosen.count(ForecastMethod.NO_CHANGE) > 0.8 * len(chosen)


def test_a_steady_rise_is_carried_on() -> None:
    levels = [100 * 1.02**number for number in range(36)]
    three, six = forecast(MONTHS[:36], levels)
    assert (three.method, six.method) == (ForecastMethod.DRIFT, ForecastMethod.DRIFT)
    assert (three.month, six.month) == (date(2026, 3, 1), date(2026, 6, 1))
    assert three.level == pytest.approx(levels[-1] * 1.02**3)
    assert six.level == pytest.approx(levels[-1] * 1.02**6)
    assert six.error < six.error_no_change


def test_a_market_that_stands_still_is_forecast_to_stand_still() -> None:
    (three, six) = forecast(MONTHS[:36], [100.0] * 36)
    assert (three.level, three.low, three.high, six.level) == pytest.approx((100, 100, 100, 100))
    assert three.method is ForecastMethod.NO_CHANGE


@pytest.mark.parametrize("height", [0, 1, 2, 8, 20])
def test_too_short_a_past_gives_no_forecast(height: int) -> None:
    found = forecast(MONTHS[:height], [100.0 + number for number in range(height)])
    assert [each.months_ahead for each in found] == []


def test_the_last_origin_counts_as_soon_as_there_are_enough() -> None:
    enough = FEWEST_ORIGINS + 6 + 3
    found = forecast(MONTHS[:enough], [100.0 + number for number in range(enough)])
    assert [(each.months_ahead, each.origins) for each in found] == [(3, FEWEST_ORIGINS)]


@settings(max_examples=examples(60))
@given(st.data())
def test_forecasts_follow_the_unit_and_keep_their_order_with_months_missing(data: st.DataObject) -> None:
    kept = sorted(data.draw(st.sets(st.integers(0, 40), min_size=1, max_size=41)))
    months = [MONTHS[number] for number in kept]
    levels = data.draw(st.lists(st.floats(20, 500), min_size=len(kept), max_size=len(kept)))
    found = forecast(months, levels)
    for each, other in zip(found, forecast(months, [3 * level for level in levels]), strict=True):
        assert 0 < each.low <= each.level <= each.high
        assert each.month > months[-1]
        assert other.low == pytest.approx(3 * each.low)
        assert other.level == pytest.approx(3 * each.level)
