"""Close hours by themselves: move them to files, count each that is new or was touched, and then its day.

The loop `engagement.close` does this without Dagster, whose assets count by the same functions: whichever comes second
finds the same digests and writes nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from core.db.session import Transaction
from core.storage import Storage
from pipelines.engagement.aggregates.due import due_days, due_hours
from pipelines.engagement.aggregates.ranges import count_days, count_hours
from pipelines.engagement.cold.compacting import CompactResult, Pace, compact

PACE: Final = Pace(gather=timedelta(minutes=10), hours=12)
"""Late events are gathered for 10 minutes, since each supplement costs a file and counts its hour anew. An hour of two
million events takes about 20 seconds to write and count, and a turn may take 600."""


@dataclass(frozen=True)
class ClosingResult:
    """The events moved to files, the hours and days counted, those refused with reasons, and whether more waits."""

    compacted: CompactResult
    hours: tuple[datetime, ...]
    days: tuple[date, ...]
    refused: tuple[str, ...]
    more: bool


def close_due(transaction: Transaction, storage: Storage, now: datetime, pace: Pace = PACE) -> ClosingResult:
    """Do a portion of what is due at `now`: close hours, write supplements, merge, count hours, then their days.

    An hour whose events are incomplete keeps its rows and holds up no other; its day waits.
    """
    compacted = compact(transaction, storage, now, pace)
    with transaction() as session:
        due = due_hours(session, now)
    hours = count_hours(transaction, storage, due, now, pace.hours)
    with transaction() as session:
        ended = due_days(session, now)
    days = count_days(transaction, ended, now)
    more = hours.left or compacted.written == pace.hours
    return ClosingResult(compacted, tuple(hours.counted), tuple(days.counted), tuple(hours.refused.values()), more)
