"""Hours of events: when they close, how late an event may come, and when it is from the future."""

from datetime import datetime, timedelta
from typing import Final

HOUR: Final = timedelta(hours=1)
CLOSES_AFTER: Final = timedelta(minutes=10)
"""An hour closes this long after its end."""
LATEST: Final = timedelta(hours=72)
"""An event may come this long after it happened."""
TOLERANCE: Final = timedelta(seconds=60)
"""Offsets of clocks up to this are not corrected, and so an event may be this far ahead."""
AHEAD: Final = timedelta(hours=48)
"""Partitions are made this long before their hour."""


def hour_of(moment: datetime) -> datetime:
    """Return the start of the UTC hour of a moment in UTC."""
    return moment.replace(minute=0, second=0, microsecond=0)


def closes_at(hour: datetime) -> datetime:
    """Return when an hour closes.

    >>> from datetime import UTC
    >>> closes_at(datetime(2026, 11, 1, 9, tzinfo=UTC)).isoformat()
    '2026-11-01T10:10:00+00:00'
    """
    return hour + HOUR + CLOSES_AFTER
