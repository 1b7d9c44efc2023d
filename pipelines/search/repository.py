"""What the sync reads: the outbox and its watermark, and listings as they are now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Date, Row, Select, cast, func, select, text
from sqlalchemy.orm import Session

from core.db.tables import Listing, Org
from core.search.document import ListingDocument
from core.search.query import Audience
from core.search.sql import visible_to
from core.vocabulary import ListingStatus

_CHUNK = 2_000
_CONSUMER = "search:"


@dataclass(frozen=True)
class Watermark:
    """Everything up to and including this event, in the order (xid, id), is in the index."""

    xid: str
    event_id: int


@dataclass(frozen=True)
class Backlog:
    """Listings that changed behind the watermark, each once, and the watermark that covers them."""

    events: int
    listing_ids: list[UUID]
    watermark: Watermark


class OutboxRepository:
    """Reads events gap-proof. A consumer is one very index: another index starts from nothing.

    An event's id is taken early and its transaction may commit late, so going by id alone would step over it.
    Events are read in the order (xid, id), and only those whose transaction is older than every transaction that
    still runs (`pg_snapshot_xmin`): nothing can appear behind the watermark any more.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def horizon(self) -> str:
        """The oldest transaction that still runs; everything before it is settled."""
        return str(self._session.scalar(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")))

    def watermark(self, index_id: str) -> Watermark | None:
        """How far this index has read; None where it was never filled."""
        found = self._session.execute(
            text("SELECT xid::text, event_id FROM outbox_offsets WHERE consumer = :consumer"),
            {"consumer": _CONSUMER + index_id},
        ).first()
        return None if found is None else Watermark(found[0], found[1])

    def move_watermark(self, index_id: str, to: Watermark) -> None:
        """Remember how far this index has read; never moves back."""
        self._session.execute(
            text(
                "INSERT INTO outbox_offsets AS o (consumer, xid, event_id, updated_at)"
                " VALUES (:consumer, CAST(:xid AS xid8), :event_id, now())"
                " ON CONFLICT (consumer) DO UPDATE"
                " SET xid = excluded.xid, event_id = excluded.event_id, updated_at = excluded.updated_at"
                " WHERE (o.xid, o.event_id) < (excluded.xid, excluded.event_id)"
            ),
            {"consumer": _CONSUMER + index_id, "xid": to.xid, "event_id": to.event_id},
        )

    def forget(self, index_id: str) -> None:
        """Drop the watermark of an index that is no more."""
        self._session.execute(
            text("DELETE FROM outbox_offsets WHERE consumer = :consumer"), {"consumer": _CONSUMER + index_id}
        )

    def backlog(self, since: Watermark) -> Backlog:
        """The settled events behind a watermark, collapsed to listings."""
        found = self._session.execute(
            text(
                "SELECT id, xid::text, subject_id FROM outbox_events"
                " WHERE topic = 'listing' AND (xid, id) > (CAST(:xid AS xid8), :event_id)"
                " AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, id"
            ),
            {"xid": since.xid, "event_id": since.event_id},
        ).all()
        watermark = Watermark(found[-1][1], found[-1][0]) if found else since
        return Backlog(len(found), list(dict.fromkeys(row[2] for row in found)), watermark)

    def lag(self, since: Watermark | None) -> int:
        """Committed events that the index has not seen, unsettled ones included; all of them without a watermark."""
        after = since or Watermark("0", 0)
        statement = text(
            "SELECT count(*) FROM outbox_events WHERE topic = 'listing' AND (xid, id) > (CAST(:xid AS xid8), :event_id)"
        )
        return int(self._session.scalar(statement, {"xid": after.xid, "event_id": after.event_id}) or 0)


class ListingDocumentRepository:
    """Reads live listings in the shape of the index."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def live(self, ids: Sequence[UUID]) -> list[ListingDocument]:
        """Those of these listings that are live now."""
        rows = self._session.execute(_documents().where(Listing.id.in_(ids))).all()
        return [ListingDocument.from_row(row) for row in rows]

    def all_live(self) -> Iterator[list[ListingDocument]]:
        """Every live listing, a chunk at a time, by id."""
        last: UUID | None = None
        while rows := self._chunk(last):
            yield [ListingDocument.from_row(row) for row in rows]
            last = rows[-1].id

    def count_live(self, audience: Audience | None = None) -> int:
        """Live listings that the audience may see; all of them without one."""
        statement = select(func.count()).select_from(Listing).where(Listing.status == ListingStatus.LIVE)
        if audience is not None:
            statement = statement.where(visible_to(audience))
        return self._session.scalar(statement) or 0

    def _chunk(self, last: UUID | None) -> Sequence[Row[tuple[object, ...]]]:
        statement = _documents().order_by(Listing.id).limit(_CHUNK)
        return self._session.execute(statement if last is None else statement.where(Listing.id > last)).all()


def _documents() -> Select[tuple[object, ...]]:
    first_seen = cast(func.timezone("UTC", Listing.created_at), Date)
    columns = [getattr(Listing, name) for name in _SAME_NAME]
    return (
        select(Org.code.label("dealer"), func.coalesce(Listing.listed_on, first_seen).label("fresh_on"), *columns)
        .join(Org, Org.id == Listing.org_id)
        .where(Listing.status == ListingStatus.LIVE)
    )


_SAME_NAME = tuple(name for name in ListingDocument.__slots__ if name not in {"dealer", "fresh_on"})
