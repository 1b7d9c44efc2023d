"""Answer when a business calendar is open, as intervals of real time.

An instant is open when its local wall-clock reading lies in a period. So an hour that the wall clock shows twice, when
daylight saving ends, counts twice, and one that it skips counts not at all.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pipelines.leads.calendars.period import DAY_MINUTES, Period, joined
from pipelines.leads.calendars.schema import LATEST, CalendarSpec

_DAY = timedelta(days=1)


class Interval(NamedTuple):
    """Real time `[start, end)`, in UTC."""

    start: datetime
    end: datetime


class _Rule(NamedTuple):
    """Periods of Monday to Sunday between two dates, both included."""

    start: date
    end: date
    week: tuple[tuple[Period, ...], ...]


@dataclass(frozen=True)
class BusinessCalendar:
    """A calendar that has been checked; make one with `calendar_of` or `parse_calendar`."""

    spec: CalendarSpec

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone of all its times."""
        return ZoneInfo(self.spec.timezone)

    @cached_property
    def last_special_day(self) -> date:
        """The last date for which a season or an exception speaks; from then on each week is like the next."""
        ends = [span.end for span in (*self.spec.seasons, *self.spec.exceptions)]
        return max(ends, default=date.min)

    @property
    def opens_every_week(self) -> bool:
        """Whether the ordinary week has a period."""
        return any(self.spec.week.days())

    def periods_of(self, day: date) -> tuple[Period, ...]:
        """Give the periods that begin on a date: of its exception, else of its season, else of the week."""
        for rules in (self._exceptions, self._seasons):
            at = bisect_right(rules, day, key=lambda rule: rule.start) - 1
            if at >= 0 and day <= rules[at].end:
                return rules[at].week[day.weekday()]
        return self.spec.week.days()[day.weekday()]

    def open_from(self, at: datetime) -> Iterator[Interval]:
        """Give the open intervals after an instant, in order, those that touch joined into one.

        The iterator ends when the calendar does not open again; an interval that holds `at` begins there. It is cut at
        most once in 400 days, so that a calendar that is always open gives intervals too.
        """
        held: Interval | None = None
        for piece in self._pieces(at.astimezone(UTC)):
            if held is None:
                held = piece
            elif piece.start <= held.end and held.end - held.start < 400 * _DAY:
                held = Interval(held.start, piece.end)
            else:
                yield held
                held = piece
        if held is not None:
            yield held

    def is_open(self, at: datetime) -> bool:
        """Tell whether an instant lies in a period."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self._minutes_of(local.date()))

    def _pieces(self, at: datetime) -> Iterator[Interval]:
        """Give the open intervals of one day after the other, cut where the zone's offset from UTC changes."""
        while at.date() < LATEST and (self.opens_every_week or (at - 2 * _DAY).date() <= self.last_special_day):
            until = at + _DAY
            change = self._offset_change(at, until)
            if change is not None:
                until = change
            yield from self._of_one_offset(at, until)
            at = until

    def _of_one_offset(self, start: datetime, end: datetime) -> Iterator[Interval]:
        offset = self._offset(start)
        wall_start, wall_end = (edge.replace(tzinfo=None) + offset for edge in (start, end))
        day = wall_start.date()
        while (midnight := datetime.combine(day, time.min)) < wall_end:
            for opening, closing in self._minutes_of(day):
                low = max(midnight + timedelta(minutes=opening), wall_start)
                high = min(midnight + timedelta(minutes=closing), wall_end)
                if low < high:
                    yield Interval((low - offset).replace(tzinfo=UTC), (high - offset).replace(tzinfo=UTC))
            day += _DAY

    def _minutes_of(self, day: date) -> tuple[Period, ...]:
        """Give the open minutes of a date as the wall clock shows them, with what runs on from the evening before."""
        return _open_minutes(self.periods_of(day - _DAY), self.periods_of(day))

    def _offset(self, at: datetime) -> timedelta:
        return at.astimezone(self.zone).utcoffset() or timedelta()

    def _offset_change(self, start: datetime, end: datetime) -> datetime | None:
        """Find the first second in `(start, end)` from which another offset holds; at most one change a day is met."""
        offset = self._offset(start)
        if self._offset(end) == offset:
            return None
        low, high = start, end
        while high - low > timedelta(microseconds=1):
            middle = low + (high - low) // 2
            low, high = (middle, high) if self._offset(middle) == offset else (low, middle)
        return high

    @cached_property
    def _exceptions(self) -> tuple[_Rule, ...]:
        return _in_order(_Rule(rule.start, rule.end, (rule.periods,) * 7) for rule in self.spec.exceptions)

    @cached_property
    def _seasons(self) -> tuple[_Rule, ...]:
        return _in_order(_Rule(season.start, season.end, season.week.days()) for season in self.spec.seasons)


def _in_order(rules: Iterable[_Rule]) -> tuple[_Rule, ...]:
    """Sort rules by date, and join those that overlap: they say the same, or the calendar would have been refused."""
    result: list[_Rule] = []
    for rule in sorted(rules):
        if result and rule.start <= result[-1].end:
            result[-1] = result[-1]._replace(end=max(rule.end, result[-1].end))
        else:
            result.append(rule)
    return tuple(result)


@lru_cache(maxsize=4096)
def _open_minutes(evening_before: tuple[Period, ...], own: tuple[Period, ...]) -> tuple[Period, ...]:
    night = [Period(0, period.end - DAY_MINUTES) for period in evening_before if period.end > DAY_MINUTES]
    return joined([*night, *(Period(period.start, min(period.end, DAY_MINUTES)) for period in own)])
