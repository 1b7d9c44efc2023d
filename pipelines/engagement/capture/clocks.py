"""Correct the times of events by the clock of their device.

The offset of a batch is the time that it was received minus the time that it says it was sent. It is added to the times
of events where it is over 60 seconds. The first offset of a device is remembered; a batch whose offset departs from it
by over 60 seconds has a stale stamp (it was put together earlier than it was sent), and the remembered offset counts.

A clock that was put right would be corrected wrongly for ever, so an offset that stays is learned: one that is smaller
than the remembered one, which no stale stamp can make, when it was the same for an hour; a larger one, when it was the
same for a day. A stamp that waits in a device grows older meanwhile, and so is never the same for long.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.engagement.hours import TOLERANCE

_SMALLER_AFTER: Final = timedelta(hours=1)
_LARGER_AFTER: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Clock:
    """The remembered clock of a device: its lag, and an offset that may take its place."""

    offset: timedelta
    candidate: timedelta | None = None
    since: datetime | None = None


def read_clock(known: Clock | None, offset: timedelta, received_at: datetime) -> tuple[Clock, timedelta]:
    """Return what to remember after a batch, and the offset that counts for it.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
    >>> clock, counts = read_clock(None, timedelta(seconds=1), noon)
    >>> _, counts = read_clock(clock, timedelta(hours=3), noon)  # stale: sent three hours after it was stamped
    >>> counts
    datetime.timedelta(seconds=1)
    """
    if known is None:
        return Clock(offset), offset
    if abs(offset - known.offset) <= TOLERANCE:
        return Clock(known.offset), offset
    if known.candidate is None or known.since is None or abs(offset - known.candidate) > TOLERANCE:
        return Clock(known.offset, offset, received_at), known.offset
    needed = _SMALLER_AFTER if offset < known.offset else _LARGER_AFTER
    if received_at - known.since >= needed:
        return Clock(offset), offset
    return known, known.offset


def correction(offset: timedelta) -> timedelta:
    """Return what is added to the times of events: nothing for offsets up to 60 seconds."""
    return offset if abs(offset) > TOLERANCE else timedelta()
