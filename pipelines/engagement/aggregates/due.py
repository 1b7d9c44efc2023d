"""Find what has to be counted: hours whose files are others than were counted, and days whose hours are."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy.orm import Session

from pipelines.engagement.aggregates.counting import day_digest, uncounted_hours
from pipelines.engagement.aggregates.storing import Partition, partitions_between
from pipelines.engagement.cold.compacting import KEPT
from pipelines.engagement.days import DayRange, day_of, start_of


def due_hours(session: Session, now: datetime) -> list[datetime]:
    """Return the hours that are not counted of their present files, oldest first; expired ones are not asked for."""
    return sorted(uncounted_hours(session, now - KEPT, now))


def due_days(session: Session, now: datetime) -> list[date]:
    """Return the ended days that are not counted of the present counts of their hours, oldest first."""
    since = start_of(day_of(now - KEPT))
    hours = partitions_between(session, "hour", since, now)
    known = partitions_between(session, "day", since, now)
    return [
        day
        for day, of_day in _by_day(hours)
        if DayRange(day, day).end <= now
        and (start_of(day) not in known or known[start_of(day)].input_digest != day_digest(of_day))
    ]


def _by_day(hours: dict[datetime, Partition]) -> Iterator[tuple[date, dict[datetime, Partition]]]:
    found: dict[date, dict[datetime, Partition]] = {}
    for starts, hour in hours.items():
        found.setdefault(day_of(starts), {})[starts] = hour
    return iter(sorted(found.items()))
