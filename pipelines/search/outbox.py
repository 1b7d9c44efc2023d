"""The outbox as an index reads it: each listing that changed once, as it is by then."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.db.locks import lock_name
from core.errors import RetryableError
from core.outbox.lag import Lag
from core.outbox.position import Position
from core.outbox.positions import PositionRepository
from core.outbox.reader import OutboxReader
from core.search.following import SEARCH, consumer_of, index_lag

_LOCK_SECONDS = 30
_FORGET_LATE = text(
    "DELETE FROM outbox_offsets o WHERE starts_with(o.consumer, 'search:') AND o.consumer <> :present"
    " AND EXISTS (SELECT FROM outbox_events e WHERE e.topic = ANY(:topics)"
    " AND e.created_at < now() - make_interval(days => :days) AND NOT pg_visible_in_snapshot(e.xid, o.snapshot))"
)

Watermark = Position
"""Every change that its snapshot saw is in the index."""


@dataclass(frozen=True)
class Backlog:
    """Listings that changed since a watermark, each once, and the watermark that covers them."""

    events: int
    listing_ids: list[UUID]
    watermark: Watermark


class OutboxRepository:
    """The reader of the topics of search. A consumer is one very index: another index starts from nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._reader = OutboxReader(session, SEARCH)
        self._positions = PositionRepository(session)

    def lock(self) -> None:
        """Be alone in filling an index until the transaction ends, and so until the watermark is committed.

        Raises:
            RetryableError: `index_busy` where somebody else still is after half a minute.
        """
        try:
            self._session.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
            lock_name(self._session, "search index")
            self._session.execute(text("SET LOCAL lock_timeout = DEFAULT"))
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != "55P03":  # lock_not_available
                raise
            raise RetryableError(
                "Another process is filling the search index; try again when it has finished.", code="index_busy"
            ) from error

    def now(self) -> Watermark:
        """Return the position of having seen all that is committed at this moment."""
        return self._reader.now()

    def watermark(self, index_id: str) -> Watermark | None:
        """Measure how far this index has read; None where it was never filled."""
        return self._positions.get(consumer_of(index_id).name)

    def move_watermark(self, index_id: str, to: Watermark) -> None:
        """Remember how far this index has read; never moves back."""
        self._positions.move(consumer_of(index_id).name, to)

    def forget(self, index_id: str) -> None:
        """Drop the watermark of an index that is no more."""
        self._positions.forget(consumer_of(index_id).name)

    def backlog(self, since: Watermark) -> Backlog:
        """Read the committed events that a watermark does not cover, collapsed to listings."""
        changed = self._reader.changed(since)
        return Backlog(changed.events, changed.subject_ids, changed.position)

    def unseen_among(self, since: Watermark, ids: Sequence[UUID]) -> set[UUID]:
        """Return those of the listings that changed since a watermark."""
        return self._reader.among(since, ids)

    def events_since(self, since: Watermark) -> int:
        """Count committed events that a watermark does not cover."""
        return self._reader.count(since)

    def lag(self, index_id: str | None) -> Lag:
        """Measure how far an index is behind."""
        return index_lag(self._session, index_id)

    def forget_late(self, present: str | None, days: int) -> int:
        """Drop the watermarks of indexes, but for the present one, that have not seen an event in this time."""
        given = {"present": consumer_of(present).name, "days": days, "topics": list(SEARCH.topics)}
        return int(self._session.execute(_FORGET_LATE, given).rowcount)  # type: ignore[attr-defined]  # DML
