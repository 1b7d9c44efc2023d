"""SQL of the outbox as an index reads it, and of the watermarks; the only writer of `outbox_offsets`."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.errors import RetryableError
from core.outbox.lag import IndexLag, consumer_of, index_lag

_LOCK_SECONDS = 30
_UNSEEN = (
    "e.topic = 'listing' AND e.xid >= pg_snapshot_xmin(CAST(:since AS pg_snapshot))"
    " AND NOT pg_visible_in_snapshot(e.xid, CAST(:since AS pg_snapshot))"
)
_NOW = "pg_current_snapshot()::text, pg_current_xact_id_if_assigned()::text"
_BACKLOG = text(
    f"SELECT {_NOW}, e.subject_id FROM outbox_events e WHERE {_UNSEEN}"  # noqa: S608  (no input)
    " AND e.xid IS DISTINCT FROM pg_current_xact_id_if_assigned() ORDER BY e.xid, e.id"
)
_MOVE = text(
    "INSERT INTO outbox_offsets AS o (consumer, snapshot, updated_at)"
    " VALUES (:consumer, CAST(:snapshot AS pg_snapshot), now())"
    " ON CONFLICT (consumer) DO UPDATE SET snapshot = excluded.snapshot, updated_at = excluded.updated_at"
    " WHERE pg_snapshot_xmax(o.snapshot) <= pg_snapshot_xmax(excluded.snapshot)"
)
_UNSEEN_BY = "e.xid >= pg_snapshot_xmin(o.snapshot) AND NOT pg_visible_in_snapshot(e.xid, o.snapshot)"
_FORGET_LATE = text(
    "DELETE FROM outbox_offsets o WHERE starts_with(o.consumer, 'search:') AND o.consumer <> :present"  # noqa: S608
    " AND EXISTS (SELECT FROM outbox_events e WHERE e.created_at < now() - make_interval(days => :days)"
    f" AND {_UNSEEN_BY})"
)
_TRIM = text(
    "DELETE FROM outbox_events e WHERE e.created_at < now() - make_interval(days => :days)"  # noqa: S608
    f" AND NOT EXISTS (SELECT FROM outbox_offsets o WHERE {_UNSEEN_BY})"
)


@dataclass(frozen=True)
class Watermark:
    """Every change that this snapshot saw is in the index. PostgreSQL's text form, `xmin:xmax:running`."""

    snapshot: str


@dataclass(frozen=True)
class Backlog:
    """Listings that changed since a watermark, each once, and the watermark that covers them."""

    events: int
    listing_ids: list[UUID]
    watermark: Watermark


class OutboxRepository:
    """Reads events gap-proof and without waiting. A consumer is one very index: another index starts from nothing.

    An event's id is taken early and its transaction may commit late, so going by id alone would step over it. A
    watermark is the snapshot of the last reading: the next reading takes every event that this snapshot did not see,
    whichever transaction wrote it. So a transaction that runs for minutes delays its own changes and no others.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock(self) -> None:
        """Be alone in filling an index until the transaction ends, and so until the watermark is committed.

        Raises:
            RetryableError: `index_busy` where somebody else still is after half a minute.
        """
        try:
            self._session.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
            self._session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('search index', 0))"))
            self._session.execute(text("SET LOCAL lock_timeout = DEFAULT"))
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != "55P03":  # lock_not_available
                raise
            raise RetryableError(
                "Another process is filling the search index; try again when it has finished.", code="index_busy"
            ) from error

    def now(self) -> Watermark:
        """What is committed at this moment."""
        return _watermark(*self._session.execute(text(f"SELECT {_NOW}")).one())

    def watermark(self, index_id: str) -> Watermark | None:
        """How far this index has read; None where it was never filled."""
        found = self._session.scalar(
            text("SELECT snapshot::text FROM outbox_offsets WHERE consumer = :consumer"),
            {"consumer": consumer_of(index_id)},
        )
        return None if found is None else Watermark(found)

    def move_watermark(self, index_id: str, to: Watermark) -> None:
        """Remember how far this index has read; never moves back."""
        self._session.execute(_MOVE, {"consumer": consumer_of(index_id), "snapshot": to.snapshot})

    def forget(self, index_id: str) -> None:
        """Drop the watermark of an index that is no more."""
        self._session.execute(
            text("DELETE FROM outbox_offsets WHERE consumer = :consumer"), {"consumer": consumer_of(index_id)}
        )

    def backlog(self, since: Watermark) -> Backlog:
        """The committed events that a watermark does not cover, collapsed to listings.

        The events and the new watermark come from one statement, and so from one snapshot.
        """
        found = self._session.execute(_BACKLOG, {"since": since.snapshot}).all()
        watermark = _watermark(found[0][0], found[0][1]) if found else since
        return Backlog(len(found), list(dict.fromkeys(row[2] for row in found)), watermark)

    def unseen_among(self, since: Watermark, ids: Sequence[UUID]) -> set[UUID]:
        """Those of the listings that changed since a watermark."""
        statement = text(
            f"SELECT DISTINCT e.subject_id FROM outbox_events e WHERE {_UNSEEN} AND e.subject_id = ANY(:ids)"  # noqa: S608
        )
        return set(self._session.scalars(statement, {"since": since.snapshot, "ids": list(ids)}))

    def events_since(self, since: Watermark) -> int:
        """Committed events that a watermark does not cover."""
        statement = text(f"SELECT count(*) FROM outbox_events e WHERE {_UNSEEN}")  # noqa: S608
        return self._session.scalar(statement, {"since": since.snapshot}) or 0

    def lag(self, index_id: str | None) -> IndexLag:
        """How far an index is behind."""
        return index_lag(self._session, index_id)

    def forget_late(self, present: str | None, days: int) -> int:
        """Drop the watermarks of indexes, but for the present one, that have not seen an event in this time."""
        found = self._session.execute(_FORGET_LATE, {"present": consumer_of(present), "days": days})
        return int(found.rowcount)  # type: ignore[attr-defined]  # DML gives a cursor result

    def trim(self, days: int) -> int:
        """Delete the events that are older than this and that every consumer has seen; how many."""
        found = self._session.execute(_TRIM, {"days": days})
        return int(found.rowcount)  # type: ignore[attr-defined]  # DML gives a cursor result


def _watermark(snapshot: str, own_xid: str | None) -> Watermark:
    """The snapshot as a watermark. A snapshot does not name one's own transaction, whose events are not read: where
    this transaction has written already, everything from it on counts as unseen."""
    if own_xid is None:
        return Watermark(snapshot)
    low, high, running = snapshot.split(":")
    top = min(int(high), int(own_xid))
    others = [xid for xid in running.split(",") if xid and int(xid) < top]
    return Watermark(f"{min(int(low), top)}:{top}:{','.join(others)}")
