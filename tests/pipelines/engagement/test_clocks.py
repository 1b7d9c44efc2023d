"""Clocks of devices: corrected beyond 60 seconds, remembered, and learned anew when they stay."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.engagement.capture.clocks import Clock, correction, read_clock

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("offset", "added"),
    [(0, 0), (60, 0), (60.001, 60.001), (-60, 0), (-61, -61), (10_800, 10_800)],
)
def test_offset_is_added_beyond_sixty_seconds(offset: float, added: float) -> None:
    assert correction(offset * SECOND) == added * SECOND


@pytest.mark.parametrize("stale", [61, 10_800, -61, -86_400])
def test_stale_stamp_counts_by_the_remembered_offset(stale: float) -> None:
    for remembered in (0 * SECOND, -7_200 * SECOND):
        clock, counts = read_clock(Clock(remembered), remembered + stale * SECOND, NOON)
        assert (clock.offset, counts) == (remembered, remembered)


def test_first_offset_and_close_ones_count_themselves() -> None:
    clock, counts = read_clock(None, HOUR, NOON)
    assert (clock, counts) == (Clock(HOUR), HOUR)
    assert read_clock(clock, HOUR + 60 * SECOND, NOON) == (Clock(HOUR), HOUR + 60 * SECOND)


@pytest.mark.parametrize(("offset", "needed"), [(-HOUR, HOUR), (HOUR, 24 * HOUR)])
def test_offset_that_stays_is_learned_and_one_that_grows_is_not(offset: timedelta, needed: timedelta) -> None:
    clock, _ = read_clock(Clock(0 * SECOND), offset, NOON)
    assert read_clock(clock, offset, NOON + needed - SECOND)[1] == 0 * SECOND
    assert read_clock(clock, offset + SECOND, NOON + needed) == (Clock(offset + SECOND), offset + SECOND)
    assert read_clock(clock, offset + 61 * SECOND, NOON + needed)[1] == 0 * SECOND  # a stamp that waits grows older
    agreeing, _ = read_clock(clock, SECOND, NOON + SECOND)
    assert agreeing.candidate is None
