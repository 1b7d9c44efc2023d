"""Quiet hours hold by the wall clock of the reader, over midnight and wherever clocks are changed."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.notifications.quiet import DEFAULT_QUIET, QuietHours
from tests.factories.leads import ZONES

TIMES = st.builds(time, st.integers(0, 23), st.sampled_from((0, 1, 30, 59)))
CHANGES = datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)
MOMENTS = st.builds(
    lambda day, passed: day + passed, st.sampled_from(CHANGES), st.timedeltas(timedelta(), timedelta(days=2))
)


def karachi(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Karachi"))


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-27 21:59:59", None),
        ("2026-11-27 22:00", "2026-11-28 08:00"),
        ("2026-11-28 00:30:15", "2026-11-28 08:00"),
        ("2026-11-28 07:59:59", "2026-11-28 08:00"),
        ("2026-11-28 08:00", None),
    ],
)
def test_night_is_quiet_by_default_and_ends_at_eight(at: str, until: str | None) -> None:
    found = DEFAULT_QUIET.until(karachi(at))
    assert found == (None if until is None else karachi(until))


def test_quiet_hours_within_a_day_hold_by_the_readers_own_clock() -> None:
    noon = QuietHours(time(13), time(14, 30), "Europe/Berlin")
    assert noon.until(datetime(2026, 7, 1, 11, 15, tzinfo=UTC)) == datetime(2026, 7, 1, 12, 30, tzinfo=UTC)  # summer
    assert noon.until(datetime(2026, 12, 1, 11, 15, tzinfo=UTC)) is None
    assert noon.until(datetime(2026, 12, 1, 12, 15, tzinfo=UTC)) == datetime(2026, 12, 1, 13, 30, tzinfo=UTC)


@given(TIMES, TIMES, st.sampled_from(ZONES), MOMENTS)
def test_hold_ends_after_it_began_where_the_clock_shows_no_quiet_time(start, end, zone, at) -> None:
    hours = QuietHours(start, end, zone)
    until = hours.until(at)
    local = at.astimezone(ZoneInfo(zone)).time()
    inside = start <= local < end if start <= end else not end <= local < start
    assert (until is not None) is inside
    if until is not None:
        assert at < until <= at + timedelta(hours=26)
        assert hours.until(until) is None
        assert hours.until(until - timedelta(minutes=1)) == until or until - timedelta(minutes=1) < at
