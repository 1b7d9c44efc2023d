"""Compute when an answer is due: a pure function of a start, a promise, a calendar and the events.

Working time is the time in which the calendar is open and the clock is not paused. The deadline is the first instant
at which as much of it has passed as was promised, so one that falls on a closing is that closing. Nothing is rounded.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from pipelines.leads.calendars.calendar import BusinessCalendar, Interval
from pipelines.leads.calendars.errors import BadInstantError, CalendarNeverOpensError, CalendarTooSeldomError
from pipelines.leads.calendars.schema import EARLIEST, LATEST
from pipelines.leads.sla.moments import Moment
from pipelines.leads.sla.pauses import Pause, answered_at, pauses_of, without_pauses
from pipelines.leads.sla.policy import ClockPolicy

YEARS = 20


@dataclass(frozen=True, slots=True)
class DueWarning:
    """The instant at which a share of the promised time has passed; none while a pause is open before it."""

    percent: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Deadline:
    """The state of one clock. Times are in the calendar's zone; `due` is none while a pause is open before it."""

    due: datetime | None
    warnings: tuple[DueWarning, ...]
    paused: tuple[Pause, ...]
    answered_at: datetime | None
    ended_at: datetime | None

    def breached_by(self, as_of: datetime | None) -> bool:
        """Tell whether the promise was broken by then; none stands for the end of time.

        An answer at the very deadline is in time. A clock that ended is judged by its end, whatever `as_of` is.
        """
        if self.due is None:
            return False
        end = self.ended_at or as_of
        # In UTC: two times of one zone are compared by the wall clock, which in autumn shows an hour twice.
        return end is None or end.astimezone(UTC) > self.due.astimezone(UTC)


def deadline(
    started_at: datetime,
    policy: ClockPolicy,
    calendar: BusinessCalendar,
    moments: Iterable[Moment] = (),
    ended_at: datetime | None = None,
) -> Deadline:
    """Compute deadline, warnings and pauses of one clock.

    Args:
        started_at: when the buyer's message was received.
        policy: minutes of working time, and the percentages at which to warn.
        calendar: when the organisation is open.
        moments: events in any order of recording; they count by their own times. Those before the start count in so
            far as the clock may be paused when it starts.
        ended_at: when the lead was closed without an answer (won, lost, spam, merged).

    Raises:
        CalendarNeverOpensError: the calendar does not open often enough after the start, and never will.
        CalendarTooSeldomError: the minutes are not reached within 20 years.
        BadInstantError: a time without offset, or outside the years that calendars know.
    """
    start, ordered = _instant(started_at), _ordered(moments)
    answer = answered_at(ordered, start, ended_at)
    end = answer or ended_at
    paused = pauses_of(ordered, start, end)
    budget = timedelta(minutes=policy.minutes)
    targets = [*(budget * percent / 100 for percent in policy.warn_at), budget]
    *warnings, due = _reached(targets, start, calendar, paused)
    zone = calendar.zone
    return Deadline(
        due=_local(due, zone),
        warnings=tuple(
            DueWarning(percent, _local(at, zone)) for percent, at in zip(policy.warn_at, warnings, strict=True)
        ),
        paused=tuple(Pause(pause.start.astimezone(zone), _local(pause.end, zone)) for pause in paused),
        answered_at=_local(answer, zone),
        ended_at=_local(end, zone),
    )


def working_time(calendar: BusinessCalendar, start: datetime, end: datetime, paused: Sequence[Pause] = ()) -> timedelta:
    """Measure the working time between two instants: none outside hours or where the end comes first."""
    total, first, last = timedelta(), _instant(start), _instant(end)
    for piece in without_pauses(calendar.open_from(first), paused):
        if piece.start >= last:
            break
        total += min(piece.end, last) - piece.start
    return total


def _reached(
    targets: Sequence[timedelta], start: datetime, calendar: BusinessCalendar, paused: Sequence[Pause]
) -> Iterator[datetime | None]:
    """Give the first instant at which each amount of working time has passed; targets ascend."""
    passed, pieces, piece = timedelta(), without_pauses(calendar.open_from(start), paused), None
    stays_paused = bool(paused) and paused[-1].end is None
    horizon = _horizon(start, calendar, paused)
    for target in targets:
        while piece is None or passed + (piece.end - piece.start) < target:
            passed += timedelta() if piece is None else piece.end - piece.start
            piece = next(pieces, None)
            if piece is None and stays_paused:
                break
            _refuse_hopeless(piece, start, horizon, targets[-1])
        yield None if piece is None else piece.start + (target - passed)


def _refuse_hopeless(piece: Interval | None, start: datetime, horizon: datetime, budget: timedelta) -> None:
    if piece is None:
        raise CalendarNeverOpensError(f"{start.date()} for long enough")
    if piece.start > horizon:
        raise CalendarTooSeldomError(budget // timedelta(minutes=1), YEARS)


def _horizon(start: datetime, calendar: BusinessCalendar, paused: Sequence[Pause]) -> datetime:
    special = datetime.combine(max(calendar.last_special_day, EARLIEST), datetime.min.time(), tzinfo=UTC)
    latest = max(start, special, *(pause.end for pause in paused if pause.end is not None))
    return latest + timedelta(days=366 * YEARS)


def _ordered(moments: Iterable[Moment]) -> list[Moment]:
    """Sort by the time of the event; the order of recording decides between two of one instant."""
    return sorted((Moment(_instant(moment.at), moment.kind) for moment in moments), key=lambda moment: moment.at)


def _instant(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise BadInstantError(f"{at} has no offset from UTC: give one.")
    if not EARLIEST.year < at.year < LATEST.year:
        raise BadInstantError(f"{at} is not between {EARLIEST.year + 1} and {LATEST.year - 1}.")
    return at.astimezone(UTC)


def _local(at: datetime | None, zone: ZoneInfo | timezone) -> datetime | None:
    return None if at is None else at.astimezone(zone)
