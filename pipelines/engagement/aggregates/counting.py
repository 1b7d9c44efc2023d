"""Count closed hours from their files, and days of the market from their hours, each exactly once."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.session import Transaction
from core.storage import Storage
from pipelines.engagement.aggregates.combining import combine
from pipelines.engagement.aggregates.hourly import aggregate_hour
from pipelines.engagement.aggregates.measures import DIMENSIONS
from pipelines.engagement.aggregates.storing import (
    Partition,
    lock_partition,
    outcome_digest,
    outdate_day,
    partitions_between,
    replace_partition,
    stored_cells,
)
from pipelines.engagement.cold.manifest import EventFile, files_between, files_of, input_digest, read_file, share_files
from pipelines.engagement.days import HOUR, DayRange
from pipelines.engagement.errors import HoursWaitError

_WAITING = text(
    "SELECT hour FROM engagement_hours WHERE hour >= :start AND hour < :end AND (state = 'open' OR NOT EXISTS"
    " (SELECT FROM engagement_files f WHERE f.hour = engagement_hours.hour AND f.supplement = 0))"
)
Outcome = Literal["counted", "unchanged"]


@dataclass(frozen=True)
class CountResult:
    """The outcome for an hour or a day: its events, and whether rows were written."""

    outcome: Outcome
    events: int


def count_hour(transaction: Transaction, storage: Storage, hour: datetime, now: datetime) -> CountResult | None:
    """Count an hour from its files, unless it is counted of the same files; None where it has no file.

    Raises:
        IncompleteEventsError: a file has expired, is missing or was changed. The stored rows stay.
    """
    with transaction() as session:
        lock_partition(session, "hour", hour)
        share_files(session, hour)
        files = files_of(session, hour)
        if not files:
            return None
        digest = input_digest(files)
        events = pl.concat([read_file(storage, file) for file in files])  # first of all: it says what is missing
        known = partitions_between(session, "hour", hour, hour + HOUR).get(hour)
        if known is not None and known.input_digest == digest:
            return CountResult("unchanged", known.events)
        rows = aggregate_hour(events.lazy())
        counted = Partition(hour, digest, outcome_digest(rows), events.height)
        if known is None or known.outcome_digest != counted.outcome_digest:
            outdate_day(session, DayRange.of(hour).start)
        replace_partition(session, "hour", counted, rows, now)
        return CountResult("counted", events.height)


def count_day(transaction: Transaction, day: date, now: datetime) -> CountResult | None:
    """Count a day of the market from its counted hours, unless they are the same; None where no hour has a file.

    Raises:
        HoursWaitError: hours of the day are open, or not counted of their present files. The stored rows stay.
    """
    days = DayRange(day, day)
    with transaction() as session:
        lock_partition(session, "day", days.start)
        hours = partitions_between(session, "hour", days.start, days.end)
        waiting = waiting_hours(session, days.start, days.end)
        if waiting or now < days.end:
            raise HoursWaitError(day.isoformat(), len(waiting) or 1)
        if not hours:
            return None
        digest = day_digest(hours)
        known = partitions_between(session, "day", days.start, days.end).get(days.start)
        events = sum(each.events for each in hours.values())
        if known is not None and known.input_digest == digest:
            return CountResult("unchanged", events)
        cells = stored_cells(session, "hour", hours, DIMENSIONS)
        rows = pl.concat([combine(part) for part in cells])  # sorted, as the cells came
        replace_partition(session, "day", Partition(days.start, digest, outcome_digest(rows), events), rows, now)
        return CountResult("counted", events)


def day_digest(hours: dict[datetime, Partition]) -> str:
    """Digest what a day is counted of: the rows of its hours, however they came about."""
    lines = "\n".join(f"{starts.isoformat()} {hours[starts].outcome_digest}" for starts in sorted(hours))
    return hashlib.sha256(lines.encode()).hexdigest()


def waiting_hours(session: Session, start: datetime, end: datetime) -> list[datetime]:
    """Return the hours that are open, have no file yet, or are not counted of their present files."""
    found = set(session.scalars(_WAITING, {"start": start, "end": end}))
    return sorted(found | set(uncounted_hours(session, start, end)))


def uncounted_hours(session: Session, start: datetime, end: datetime) -> list[datetime]:
    """Return the hours that have files and are not counted, or were counted of others."""
    by_hour: dict[datetime, list[EventFile]] = {}
    for file in files_between(session, start, end):
        by_hour.setdefault(file.hour, []).append(file)
    known = partitions_between(session, "hour", start, end)
    return [
        hour for hour, files in by_hour.items() if hour not in known or known[hour].input_digest != input_digest(files)
    ]
