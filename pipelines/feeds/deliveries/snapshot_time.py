"""Find the time at which the stock was as a file says: files that come late or out of order are sorted by it.

A date in the name is the sender's own statement (`stock-20260501.csv`, `2026-05-01T0930`, `01-05-2026`), read as
Pakistan time unless it ends in Z. A date without a time means that day: the time of receipt if it came on that day,
else the day's end. A date after the receipt is no date of a snapshot (a stock number, a typing error) and is ignored:
one file from the year 2099 would make every later one stale.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from core.clock import PAKISTAN

_YEAR_FIRST = re.compile(
    r"(?<!\d)(?P<year>20\d\d)(?P<sep>[-_.]?)(?P<month>\d\d)(?P=sep)(?P<day>\d\d)"
    r"(?:[T_ .-]?(?P<hour>[01]\d|2[0-3])[:h_.-]?(?P<minute>[0-5]\d)(?:[:_.-]?(?P<second>[0-5]\d))?(?P<utc>Z)?)?(?!\d)"
)
_DAY_FIRST = re.compile(r"(?<!\d)(?P<day>\d\d)(?P<sep>[-_.])(?P<month>\d\d)(?P=sep)(?P<year>20\d\d)(?!\d)")
_DAY_END = time(23, 59, 59, 999_999)


def snapshot_time(name: str, received_at: datetime, date_order: Literal["dmy", "mdy"] = "dmy") -> datetime:
    """Return the time that the name states (the latest, if it states several), else `received_at`; never after it."""
    return max(_stated_times(name, received_at, date_order), default=received_at)


def _stated_times(name: str, received_at: datetime, date_order: str) -> Iterator[datetime]:
    for pattern in (_YEAR_FIRST, _DAY_FIRST):
        for match in pattern.finditer(name):
            parts = match.groupdict()
            if pattern is _DAY_FIRST and date_order == "mdy":
                parts["day"], parts["month"] = parts["month"], parts["day"]
            moment = _moment(parts, received_at)
            if moment is not None and moment <= received_at:
                yield moment


def _moment(parts: dict[str, str | None], received_at: datetime) -> datetime | None:
    try:
        day = datetime(int(parts["year"] or 0), int(parts["month"] or 0), int(parts["day"] or 0), tzinfo=PAKISTAN)
    except ValueError:
        return None
    if parts.get("hour") is None:
        if day.date() == received_at.astimezone(PAKISTAN).date():
            return received_at
        return datetime.combine(day.date(), _DAY_END, tzinfo=PAKISTAN).astimezone(UTC)
    zone = UTC if parts.get("utc") else PAKISTAN
    hours, minutes, seconds = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    clock = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return (day.replace(tzinfo=zone) + clock).astimezone(UTC)
