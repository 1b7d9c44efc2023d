"""SQL of consumers' positions; the only writer of `outbox_offsets`."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.outbox.position import Position

_SERVER = "(SELECT system_identifier FROM pg_control_system())"
_GET = text(
    "SELECT snapshot::text AS seen, target::text, after_id, after_place FROM outbox_offsets"
    " WHERE consumer = :consumer AND server = (SELECT system_identifier FROM pg_control_system())"
)
_MOVE = text(f"""
INSERT INTO outbox_offsets AS o (consumer, snapshot, target, after_id, after_place, server, updated_at)
VALUES (:consumer, CAST(:seen AS pg_snapshot), CAST(:target AS pg_snapshot), :after_id, :after_place, {_SERVER}, now())
ON CONFLICT (consumer) DO UPDATE SET snapshot = excluded.snapshot, target = excluded.target,
  after_id = excluded.after_id, after_place = excluded.after_place, server = excluded.server,
  updated_at = excluded.updated_at
WHERE o.server IS DISTINCT FROM excluded.server
  OR pg_snapshot_xmax(o.snapshot) <= pg_snapshot_xmax(excluded.snapshot)
""")  # noqa: S608  (no input)
_FORGET = text("DELETE FROM outbox_offsets WHERE consumer = :consumer")


class PositionRepository:
    """The positions of consumers by name."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, consumer: str) -> Position | None:
        """Return the position of a consumer on this very server; None where it has none."""
        row = self._session.execute(_GET, {"consumer": consumer}).one_or_none()
        return None if row is None else Position(**row._mapping)

    def move(self, consumer: str, to: Position) -> None:
        """Remember a position; never moves back."""
        given = {"seen": to.seen, "target": to.target, "after_id": to.after_id, "after_place": to.after_place}
        self._session.execute(_MOVE, {"consumer": consumer, **given})

    def forget(self, consumer: str) -> None:
        """Drop a position that nobody reads from any more."""
        self._session.execute(_FORGET, {"consumer": consumer})
