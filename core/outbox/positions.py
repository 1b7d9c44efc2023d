"""SQL of consumers' positions; the only writer of `outbox_offsets`."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.outbox.position import Position

THIS_SERVER = "(SELECT system_identifier FROM pg_control_system())"
"""The number of the server itself: transaction ids of another one say nothing here."""

UNSEEN = (
    "e.topic = ANY(:topics) AND e.xid >= pg_snapshot_xmin(CAST(:seen AS pg_snapshot))"
    " AND e.xid < pg_snapshot_xmax(pg_current_snapshot())"
    " AND NOT pg_visible_in_snapshot(e.xid, CAST(:seen AS pg_snapshot))"
)
"""The condition on an event `e` of these topics that a position with this snapshot does not cover.

The bounds of `xid` are for the index: where both are given, the planner takes the range for a narrow one. The two
visibilities, that of the row and that in the snapshot, decide."""

_GET = text(f"""
SELECT snapshot::text AS seen, target::text, after_id, after_place FROM outbox_offsets
WHERE consumer = :consumer AND server = {THIS_SERVER}
""")  # noqa: S608  (no input)
_MOVE = text(f"""
INSERT INTO outbox_offsets AS o (consumer, snapshot, target, after_id, after_place, server, updated_at)
VALUES (:consumer, CAST(:seen AS pg_snapshot), CAST(:target AS pg_snapshot), :after_id, :after_place, {THIS_SERVER},
  now())
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
        """Drop the position of a consumer that is no longer in use."""
        self._session.execute(_FORGET, {"consumer": consumer})
