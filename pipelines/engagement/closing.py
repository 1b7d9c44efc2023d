"""Close hours by themselves: move them to files, count each that is new or was touched, and then its day.

The loop `engagement.close` does this without Dagster, whose assets count by the same functions: whichever comes second
finds the same digests and writes nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.db.session import Transaction
from core.storage import Storage
from pipelines.engagement.aggregates.counting import count_day, count_hour
from pipelines.engagement.aggregates.due import due_days, due_hours
from pipelines.engagement.cold.compacting import CompactResult, Pace, compact
from pipelines.engagement.errors import HoursWaitError, IncompleteEventsError

PACE: Final = Pace(gather=timedelta(minutes=10), hours=12)
"""Late events are gathered for 10 minutes, since each supplement costs a file and counts its hour anew. An hour of two
million events takes about 20 seconds to write and count, and a turn may take 600."""


@dataclass(frozen=True)
class ClosingResult:
    """What was moved to files, which hours and days were counted, why some were refused, and whether more waits."""

    compacted: CompactResult
    hours: tuple[datetime, ...]
    days: tuple[date, ...]
    refused: tuple[str, ...]
    more: bool


def close_due(transaction: Transaction, storage: Storage, now: datetime, pace: Pace = PACE) -> ClosingResult:
    """Do a portion of what is due at `now`: close hours, write supplements, merge, count hours, then their days.

    An hour whose events are incomplete keeps its rows and holds up no other; its day is counted of what there is.
    """
    compacted = compact(transaction, storage, now, pace)
    hours, refused, left = _count_hours(transaction, storage, now, pace.hours)
    days = _count_days(transaction, now)
    more = left or compacted.written == pace.hours
    return ClosingResult(compacted, hours, days, refused, more)


def _count_hours(
    transaction: Transaction, storage: Storage, now: datetime, most: int | None
) -> tuple[tuple[datetime, ...], tuple[str, ...], bool]:
    with transaction() as session:
        due = due_hours(session, now)
    counted, refused = [], []
    for hour in due:
        if len(counted) == most:
            return tuple(counted), tuple(refused), True
        try:
            result = count_hour(transaction, storage, hour, now)
        except IncompleteEventsError as error:
            refused.append(error.detail)
            continue
        if result is not None and result.outcome == "counted":
            counted.append(hour)
    return tuple(counted), tuple(refused), False


def _count_days(transaction: Transaction, now: datetime) -> tuple[date, ...]:
    with transaction() as session:
        due = due_days(session, now)
    counted = []
    for day in due:
        try:
            result = count_day(transaction, day, now)
        except HoursWaitError:  # the next turn counts them first
            continue
        if result is not None and result.outcome == "counted":
            counted.append(day)
    return tuple(counted)
