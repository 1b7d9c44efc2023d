"""Move closed hours from the database to files, add supplements, and merge both when nothing more may come.

Each step is a transaction of its own, and each may be killed and repeated: rows leave the database only after the
file that holds them was read back and listed, in that transaction or an earlier one. Objects that no list names are
leavings of a killed run, or were replaced; `sweep_objects` deletes them.
"""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import polars as pl
from sqlalchemy import text

from core.db.session import Transaction
from core.storage import Storage
from pipelines.engagement import hours
from pipelines.engagement.cold.erasing import without_erased
from pipelines.engagement.cold.manifest import (
    files_of,
    forget_supplements,
    input_digest,
    lock_files,
    read_file,
    write_file,
)
from pipelines.engagement.cold.parquet import PREFIX, hour_of_key
from pipelines.engagement.errors import IncompleteEventsError

KEPT = timedelta(days=400)
"""The time that events are kept. Their counts stay, without the digests of devices and sessions."""

_UNLISTED = text(
    "SELECT h.hour FROM engagement_hours h WHERE h.state <> 'open' AND NOT EXISTS"
    " (SELECT FROM engagement_files f WHERE f.hour = h.hour AND f.supplement = 0) ORDER BY 1"
)
_UNDROPPED = text(
    "SELECT h.hour FROM engagement_hours h JOIN engagement_files f ON f.hour = h.hour AND f.supplement = 0"
    " WHERE h.state <> 'open' AND h.dropped_at IS NULL ORDER BY 1"
)
_LATE = text("SELECT hour FROM engagement_late_events GROUP BY hour HAVING min(received_at) <= :until ORDER BY 1")
_FROZEN = text(
    "SELECT DISTINCT l.supplement FROM engagement_late_events l JOIN engagement_hours h ON h.hour = l.hour"
    " WHERE l.hour = :hour AND (l.supplement < h.supplement OR h.state = 'sealed') ORDER BY 1"
)
_MOVED = text("DELETE FROM engagement_late_events WHERE hour = :hour AND supplement = :supplement")
_UNMERGED = text(
    "SELECT DISTINCT f.hour FROM engagement_files f JOIN engagement_hours h ON h.hour = f.hour"
    " WHERE f.supplement > 0 AND h.state = 'sealed' AND f.expired_at IS NULL ORDER BY 1"
)
_SAME_EVENTS = text(
    "UPDATE engagement_partitions SET input_digest = :new"
    " WHERE grain = 'hour' AND starts = :hour AND input_digest = :old"
)
_EXPIRE = text(
    "UPDATE engagement_files SET expired_at = :now, people = '{}' WHERE hour < :until AND expired_at IS NULL"
)
_STRIP = text(
    "UPDATE engagement_aggregates SET visitor_sketch = NULL, session_sketch = NULL WHERE starts < :until"
    " AND (visitor_sketch IS NOT NULL OR session_sketch IS NOT NULL)"
)
_LISTED = text("SELECT object_key FROM engagement_files WHERE expired_at IS NULL")


@dataclass(frozen=True)
class Pace:
    """The limits of one run: a supplement ends `gather` after its first event came; at most `hours` are written."""

    gather: timedelta = timedelta(0)
    hours: int | None = None


AT_ONCE = Pace()


@dataclass(frozen=True)
class CompactResult:
    """Counts of hours closed, files and supplements written, partitions dropped, hours merged and objects deleted."""

    closed: int
    written: int
    events: int
    supplements: int
    dropped: int
    held: int
    """Partitions that a reader holds; the next run drops them."""
    merged: int
    damaged: int
    """Hours that could not be merged, as a file is missing or was changed."""
    expired: int
    swept: int

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def compact(transaction: Transaction, storage: Storage, now: datetime, pace: Pace = AT_ONCE) -> CompactResult:
    """Do everything that is due at `now`, or a portion of it; what a killed run left undone, too.

    Raises:
        FileDamagedError: the object storage gives other bytes back than were written.
    """
    closed = _close(transaction, now)
    with transaction() as session:
        unlisted = list(session.scalars(_UNLISTED))[: pace.hours]
    counts = [_write_main(transaction, storage, hour, now) for hour in unlisted]
    dropped, held = _drop(transaction)
    supplements = _write_supplements(transaction, storage, now, pace.gather)
    merged, damaged = _merge(transaction, storage, now)
    expired = _expire(transaction, now)
    swept = sweep_objects(transaction, storage)
    written = (closed, len(unlisted), sum(counts), supplements, dropped, held)
    return CompactResult(*written, merged, damaged, expired, swept)


def _close(transaction: Transaction, now: datetime) -> int:
    with transaction() as session:
        due = hours.closable_hours(session, now)
    for hour in due:
        with transaction() as session:
            hours.close_hour(session, hour, now)
    return len(due)


def _write_main(transaction: Transaction, storage: Storage, hour: datetime, now: datetime) -> int:
    with transaction() as session:
        lock_files(session, hour)
        if files_of(session, hour):
            return 0
        events = without_erased(session, hours.read_hour(session, hour))
        write_file(session, storage, events, (hour, 0, now))
        return events.height


def _drop(transaction: Transaction) -> tuple[int, int]:
    with transaction() as session:
        waiting = list(session.scalars(_UNDROPPED))
    dropped = 0
    for hour in waiting:
        with transaction() as session:
            dropped += hours.drop_hour(session, hour)
    return dropped, len(waiting) - dropped


def _write_supplements(transaction: Transaction, storage: Storage, now: datetime, gather: timedelta) -> int:
    """Write the supplements that wait; of hours that are due, seal them in the transaction that ends the last one."""
    with transaction() as session:
        late = list(session.scalars(_LATE, {"until": now - gather}))
        sealable = hours.sealable_hours(session, now)
    for hour in sealable:
        with transaction() as session:
            hours.cut_supplement(session, hour)
            hours.seal_hour(session, hour, now)
    for hour in set(late) - set(sealable):
        with transaction() as session:
            hours.cut_supplement(session, hour)
    written = 0
    for hour in sorted({*late, *sealable}):
        with transaction() as session:
            numbers = list(session.scalars(_FROZEN, {"hour": hour}))
        for number in numbers:
            written += _write_supplement(transaction, storage, (hour, number, now))
    return written


def _write_supplement(transaction: Transaction, storage: Storage, at: tuple[datetime, int, datetime]) -> bool:
    hour, number, _ = at
    with transaction() as session:
        lock_files(session, hour)
        listed = files_of(session, hour)
        if not listed:  # its main file comes first
            return False
        if number not in {file.supplement for file in listed}:
            events = without_erased(session, hours.read_supplement(session, hour, number))
            write_file(session, storage, events, at)
        session.execute(_MOVED, {"hour": hour, "supplement": number})
        return True


def _merge(transaction: Transaction, storage: Storage, now: datetime) -> tuple[int, int]:
    """Merge main file and supplements of sealed hours; return how many hours were, and how many could not be."""
    with transaction() as session:
        unmerged = list(session.scalars(_UNMERGED))
    damaged = 0
    for hour in unmerged:
        try:
            _merge_hour(transaction, storage, hour, now)
        except IncompleteEventsError:  # `aggregate` says which file it is; other hours do not wait for it
            damaged += 1
    return len(unmerged) - damaged, damaged


def _merge_hour(transaction: Transaction, storage: Storage, hour: datetime, now: datetime) -> None:
    """Merge the files of an hour; what was counted of the same events stays counted."""
    with transaction() as session:
        lock_files(session, hour)
        before = files_of(session, hour)
        events = pl.concat([read_file(storage, file) for file in before])
        write_file(session, storage, events, (hour, 0, now))
        forget_supplements(session, hour)
        digests = {"old": input_digest(before), "new": input_digest(files_of(session, hour))}
        session.execute(_SAME_EVENTS, {"hour": hour, **digests})


def _expire(transaction: Transaction, now: datetime) -> int:
    """Take files off the list that are older than `KEPT`, and the digests in what was counted of them."""
    until = now - KEPT
    with transaction() as session:
        expired = session.execute(_EXPIRE, {"now": now, "until": until}).rowcount  # type: ignore[attr-defined]
        session.execute(_STRIP, {"until": until})
    return int(expired)


def sweep_objects(transaction: Transaction, storage: Storage) -> int:
    """Delete objects that no list names: they were replaced, or a killed run left them. Return their number."""
    stray = set(storage.keys(PREFIX)) - _listed(transaction)
    swept = 0
    for key in sorted(stray):
        with transaction() as session:
            lock_files(session, hour_of_key(key))  # whoever writes this hour's files now has listed them after this
            if key not in set(session.scalars(_LISTED)):
                storage.delete(key)
                swept += 1
    return swept


def _listed(transaction: Transaction) -> set[str]:
    with transaction() as session:
        return set(session.scalars(_LISTED))
