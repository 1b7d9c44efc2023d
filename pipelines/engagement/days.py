"""Days of the market as hours: a day in Asia/Karachi begins at 19:00 UTC of the day before."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from core.clock import PAKISTAN
from core.errors import InvalidInputError

HOUR = timedelta(hours=1)
LONGEST = 400
"""Days that one question may span."""


@dataclass(frozen=True)
class DayRange:
    """Days of the market from `first` to `last`, both included.

    >>> days = DayRange(date(2026, 11, 1), date(2026, 11, 1))
    >>> days.start.isoformat(), days.end.isoformat(), len(days.hours())
    ('2026-10-31T19:00:00+00:00', '2026-11-01T19:00:00+00:00', 24)
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidInputError(
                f"The range ends on {self.last}, before it begins on {self.first}.", code="bad_range"
            )
        if (self.last - self.first).days >= LONGEST:
            raise InvalidInputError(f"Ask for at most {LONGEST} days at once.", code="range_too_long")

    @classmethod
    def of(cls, moment: datetime) -> "DayRange":
        """Return the day in which a moment lies."""
        day = day_of(moment)
        return cls(day, day)

    @property
    def start(self) -> datetime:
        """The first moment, in UTC."""
        return start_of(self.first)

    @property
    def end(self) -> datetime:
        """The first moment after the range, in UTC."""
        return start_of(self.last + timedelta(days=1))

    def hours(self) -> list[datetime]:
        """List the starts of the UTC hours of the range."""
        return [self.start + HOUR * number for number in range(int((self.end - self.start) / HOUR))]

    def days(self) -> list[date]:
        """List the days."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    def before(self) -> "DayRange":
        """Return the period of the same length that ends where this one begins."""
        length = timedelta(days=len(self.days()))
        return DayRange(self.first - length, self.last - length)


def start_of(day: date) -> datetime:
    """Return when a day of the market begins, in UTC."""
    return datetime.combine(day, time(), PAKISTAN).astimezone(UTC)


def day_of(moment: datetime) -> date:
    """Return the day of the market in which a moment lies."""
    return moment.astimezone(PAKISTAN).date()
