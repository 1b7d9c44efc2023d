"""Periods of a day, as calendars write them: "09:00-18:00"."""

import re
from collections.abc import Iterable
from typing import NamedTuple

DAY_MINUTES = 24 * 60

_FORM = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


class Period(NamedTuple):
    """Minutes `[start, end)` counted from the midnight at which the day begins; `end` is past 1,440 after midnight."""

    start: int
    end: int

    def __str__(self) -> str:
        end = self.end if self.end <= DAY_MINUTES else self.end - DAY_MINUTES
        return f"{self.start // 60:02}:{self.start % 60:02}-{end // 60:02}:{end % 60:02}"


def read_period(text: str) -> Period:
    """Read one period; a closing at or before the opening is on the next day.

    Raises:
        ValueError: the sentence says what is wrong and what would be right.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'{text[:40]!a} is no period: write "HH:MM-HH:MM", for example "09:00-18:00"')
    hour, minute, to_hour, to_minute = map(int, found.groups())
    start, end = hour * 60 + minute, to_hour * 60 + to_minute
    if start >= DAY_MINUTES:
        raise ValueError(f"{text!a} opens at 24:00 or later: that is the next day's 00:00")
    if end > DAY_MINUTES:
        raise ValueError(f"{text!a} closes after 24:00: write the time of the next day")
    if start == end:
        raise ValueError(f'{text!a} opens and closes at the same time: write "00:00-24:00" for the whole day')
    return Period(start, end if end > start else end + DAY_MINUTES)


def joined(periods: Iterable[Period]) -> tuple[Period, ...]:
    """Join periods that overlap or touch, in order of time."""
    result: list[Period] = []
    for period in sorted(periods):
        if result and period.start <= result[-1].end:
            result[-1] = Period(result[-1].start, max(result[-1].end, period.end))
        else:
            result.append(period)
    return tuple(result)
