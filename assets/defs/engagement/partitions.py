"""Hours and days of the market as partitions, and the conditions on which they are counted.

Both are named in Asia/Karachi, whose hours are those of UTC: so 24 hours make a day from 19:00 UTC to 19:00.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime

import dagster as dg

from core.clock import PAKISTAN

_HOUR = "%Y-%m-%d-%H:%M"
START = datetime(2026, 1, 1, tzinfo=PAKISTAN)
"""Older hours are counted by the loop and the commands alone."""
HOURS = dg.HourlyPartitionsDefinition(START, timezone=PAKISTAN.key, fmt=_HOUR)
DAYS = dg.DailyPartitionsDefinition(START, timezone=PAKISTAN.key)

_C = dg.AutomationCondition
_READY = _C.missing() & ~_C.any_deps_missing()
WHEN_TOUCHED = (
    (_C.any_deps_updated() | _READY.newly_true()).since(_C.newly_requested() | _C.newly_updated())
    & ~_C.any_deps_missing()
    & ~_C.any_deps_in_progress()
    & ~_C.in_progress()
    & _C.all_deps_blocking_checks_passed()
).with_label("when closed or touched")
"""A partition is counted when all it is made of is there, and again when any of that was written anew.

Not `eager`, which looks at the newest partition only: after hours without automation each hour that was missed or
touched is asked for, and no other. A touch is remembered until it is handled, so none is lost while a run is under
way. A partition whose run failed (its events are incomplete) waits until it is touched again.
"""


def hours_of(keys: Iterable[str]) -> list[datetime]:
    """Return the UTC hours that keys of hourly partitions name."""
    return [datetime.strptime(key, _HOUR).replace(tzinfo=PAKISTAN).astimezone(UTC) for key in keys]


def hour_key(hour: datetime) -> str:
    """Name the partition of an hour."""
    return hour.astimezone(PAKISTAN).strftime(_HOUR)


def days_of(keys: Iterable[str]) -> list[date]:
    """Return the days that keys of daily partitions name."""
    return [date.fromisoformat(key) for key in keys]
