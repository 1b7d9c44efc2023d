"""Find the pauses and the answer of a clock among its events."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.leads.calendars.calendar import Interval
from pipelines.leads.sla.moments import Moment, MomentKind


@dataclass(frozen=True, slots=True)
class Pause:
    """Time `[start, end)` in which a clock stands still; without an end it still does."""

    start: datetime
    end: datetime | None


def answered_at(ordered: Iterable[Moment], start: datetime, ended_at: datetime | None) -> datetime | None:
    """Give the first answer from the start on, unless the clock had ended before it."""
    for moment in ordered:
        if moment.kind is MomentKind.ANSWER and moment.at >= start:
            return moment.at if ended_at is None or moment.at <= ended_at else None
    return None


def pauses_of(ordered: Iterable[Moment], start: datetime, end: datetime | None) -> tuple[Pause, ...]:
    """Give the pauses between start and end of a clock, in order, those that touch joined into one.

    Pausing twice is pausing once; resuming what is not paused does nothing.
    """
    pauses: list[Pause] = []
    since: datetime | None = None
    for moment in ordered:
        if moment.kind is MomentKind.PAUSE and since is None:
            since = moment.at
        elif moment.kind is MomentKind.RESUME and since is not None:
            _add(pauses, max(since, start), moment.at if end is None else min(moment.at, end))
            since = None
    if since is not None:
        _add(pauses, max(since, start), end)
    return tuple(pauses)


def _add(pauses: list[Pause], start: datetime, end: datetime | None) -> None:
    if end is not None and end <= start:
        return
    if pauses and pauses[-1].end == start:
        start = pauses.pop().start
    pauses.append(Pause(start, end))


def without_pauses(intervals: Iterable[Interval], paused: Sequence[Pause]) -> Iterator[Interval]:
    """Cut pauses out of open intervals; both are in order. It ends at a pause that has no end."""
    at = 0
    for interval in intervals:
        start = interval.start
        while at < len(paused) and paused[at].start < interval.end:
            pause = paused[at]
            if start < pause.start:
                yield Interval(start, pause.start)
            if pause.end is None:
                return
            start = max(start, pause.end)
            if pause.end > interval.end:
                break
            at += 1
        if start < interval.end:
            yield Interval(start, interval.end)
        if at < len(paused) and paused[at].end is None and paused[at].start <= interval.end:
            return
