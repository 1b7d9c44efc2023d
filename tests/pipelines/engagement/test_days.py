"""Days of the market begin at 19:00 UTC; the last day of a range is in it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.errors import InvalidInputError
from pipelines.engagement.days import LONGEST, DayRange, day_of, start_of

DAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 1, 18, 59, 59, 999_000, UTC), date(2026, 11, 1)),
        (datetime(2026, 11, 1, 19, tzinfo=UTC), DAY),
        (datetime(2026, 11, 2, 0, tzinfo=UTC), DAY),
        (datetime(2026, 11, 2, 18, 59, 59, 999_000, UTC), DAY),
        (datetime(2026, 11, 2, 19, tzinfo=UTC), date(2026, 11, 3)),
    ],
)
def test_day_of_a_moment_is_the_one_in_karachi(moment: datetime, day: date) -> None:
    assert day_of(moment) == day
    assert (DayRange(DAY, DAY).start <= moment < DayRange(DAY, DAY).end) == (day == DAY)


def test_last_day_is_included_and_hours_are_whole() -> None:
    days = DayRange(DAY, DAY + timedelta(days=1))
    assert len(days.hours()) == 48
    assert (days.hours()[0], days.hours()[-1] + timedelta(hours=1)) == (start_of(DAY), days.end)
    assert days.before() == DayRange(DAY - timedelta(days=2), DAY - timedelta(days=1))


@pytest.mark.parametrize(("length", "code"), [(-1, "bad_range"), (LONGEST, "range_too_long")])
def test_impossible_ranges_are_refused_by_code(length: int, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        DayRange(DAY, DAY + timedelta(days=length))
    assert refused.value.code == code
