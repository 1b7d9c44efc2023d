"""How far an index is behind the outbox: asked by the sync, by checks and by the API's readiness."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

_NAME = "search:"
_LAG = text(
    "SELECT count(e.id), coalesce(extract(epoch FROM now() - min(e.created_at)), 0)::float8"
    " FROM outbox_events e LEFT JOIN outbox_offsets o ON o.consumer = :consumer"
    " WHERE e.topic = 'listing' AND (o.consumer IS NULL OR"
    " (e.xid >= pg_snapshot_xmin(o.snapshot) AND NOT pg_visible_in_snapshot(e.xid, o.snapshot)))"
)


@dataclass(frozen=True)
class IndexLag:
    """Committed changes that an index has not seen, and since when the oldest of them waits."""

    events: int
    seconds: float  # 0 where nothing waits; counted from the start of the transaction that made the change


def consumer_of(index_id: str | None) -> str:
    """The index's name in `outbox_offsets`; an index that is not there has a name that nobody has."""
    return _NAME + (index_id or "")


def index_lag(session: Session, index_id: str | None) -> IndexLag:
    """The lag of this index; of an index without a watermark (or None) all events."""
    events, seconds = session.execute(_LAG, {"consumer": consumer_of(index_id)}).one()
    return IndexLag(int(events), max(0.0, float(seconds)))
