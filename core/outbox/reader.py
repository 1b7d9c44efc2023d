"""Read the events of some topics for one consumer: each once, none lost, those of a subject in their order.

An event's number is taken early and its transaction may commit late, so going by numbers alone would step over it. A
position is the snapshot of the last reading: the next one takes every event that this snapshot did not see, whichever
transaction wrote it. So a transaction that runs for minutes delays its own events and no others.

Events come in the order of their ids. Those of one subject are written under the lock of its row, so a transaction that
can be seen implies all earlier ones of that subject, and their ids rise with their sequence. The order of transaction
ids would be wrong: one that began early may change a subject late.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core.db.locks import lock_name
from core.outbox.consumers import Consumer
from core.outbox.events import Event
from core.outbox.position import Position, seen_by
from core.outbox.positions import UNSEEN, PositionRepository

MOST_EVENTS = 5_000

# Rows are chosen by how many events they stand for, so that no reading unpacks many more of them than it gives out. The
# first may be one of which some, or its only one, were given out before.
_READ = text(f"""
WITH unseen AS MATERIALIZED (
  SELECT e.id, e.size FROM outbox_events e
  WHERE {UNSEEN} AND pg_visible_in_snapshot(e.xid, CAST(:target AS pg_snapshot))
    AND e.id BETWEEN :after_id AND :until_id
), first AS (
  SELECT id, size FROM unseen ORDER BY id LIMIT :most + 2
), weighed AS (
  SELECT id, sum(size) OVER (ORDER BY id) - size AS before FROM first
), chosen AS MATERIALIZED (
  SELECT id FROM weighed WHERE before <= :most + greatest(:after_place, 1)
)
SELECT e.id, e.place, e.topic, e.subject_id, e.sequence, e.kind, e.org_id, e.person_id, e.audience, e.payload,
  e.created_at
FROM outbox_changes e WHERE e.id IN (SELECT id FROM chosen) AND (e.id, e.place) > (:after_id, :after_place)
ORDER BY e.id, e.place LIMIT :most + 1
""")  # noqa: S608  (no input)
_IDS_AT_ONCE = 10  # times as many as events are asked for: of a long backlog nearly all ids are in it
_LAST_ID = 2**63 - 1
_NOW = "pg_current_snapshot()::text, pg_current_xact_id_if_assigned()::text"
_SUBJECTS = text(
    f"SELECT {_NOW}, e.subject_id FROM outbox_changes e WHERE {UNSEEN}"  # noqa: S608  (no input)
    " AND e.xid IS DISTINCT FROM pg_current_xact_id_if_assigned() ORDER BY e.id, e.place"
)
_COUNT = text(f"SELECT coalesce(sum(e.size), 0) FROM outbox_events e WHERE {UNSEEN}")  # noqa: S608
_AMONG = text(f"SELECT DISTINCT e.subject_id FROM outbox_changes e WHERE {UNSEEN} AND e.subject_id = ANY(:ids)")  # noqa: S608


@dataclass(frozen=True)
class Reading:
    """Events in order, the position when they are handled, and whether more may wait already."""

    events: list[Event]
    position: Position
    more: bool


@dataclass(frozen=True)
class Changed:
    """The subjects of all waiting events, each once, how many events those are, and the position that covers them."""

    events: int
    subject_ids: list[UUID]
    position: Position


class OutboxReader:
    """The outbox as one consumer sees it. The caller handles events and `move`s in one transaction, then commits.

    Where the handling stays inside that transaction, each event is handled exactly once; what reaches beyond it (an
    index, a request) is repeated when the process dies before the commit.
    """

    def __init__(self, session: Session, consumer: Consumer) -> None:
        self._session = session
        self._consumer = consumer
        self.positions = PositionRepository(session)

    def lock(self) -> None:
        """Read alone under this consumer's name until the transaction ends: two readers of it take turns."""
        lock_name(self._session, f"outbox consumer {self._consumer.name}")

    def position(self) -> Position:
        """Return the position; that of nothing seen where the consumer never read, and after a restored dump.

        Transaction ids of another server say nothing here. Events of before the dump are then given out once more, as
        far as they are kept: their sequences tell a consumer which ones it has handled.
        """
        return self.positions.get(self._consumer.name) or Position()

    def read(self, most: int = MOST_EVENTS) -> Reading:
        """Read the next events, at most `most`; call `move` with their position once they are handled.

        Raises:
            RuntimeError: the transaction has written already. What it has written would be told apart from what others
                have committed since only by giving some of it twice.
        """
        since, (now, own_xid) = self.position(), self._now()
        if own_xid is not None:
            raise RuntimeError("Read the outbox before anything is written in the same transaction.")
        target = since.target or now
        rows = self._rows(since, target, most, since.after_id + _IDS_AT_ONCE * most) if since.target else []
        if len(rows) <= most:
            rows = self._rows(since, target, most, _LAST_ID)
        events = [Event(**{**row._mapping, "audience": tuple(row.audience)}) for row in rows[:most]]
        if len(rows) <= most:
            return Reading(events, Position(target), more=since.target is not None)  # what came after the target
        last = events[-1]
        return Reading(events, Position(since.seen, target, last.id, last.place), more=True)

    def _rows(self, since: Position, target: str, most: int, until_id: int) -> Sequence[Row[tuple[object, ...]]]:
        given = {"target": target, "after_id": since.after_id, "after_place": since.after_place}
        given |= {"most": most, "until_id": until_id}
        return self._session.execute(_READ, self._scope(since) | given).all()

    def move(self, to: Position) -> None:
        """Remember how far this consumer has read; never moves back."""
        self.positions.move(self._consumer.name, to)

    def changed(self, since: Position) -> Changed:
        """Return all waiting events, collapsed to subjects: for a consumer that takes each as it is by now.

        The events and the position come from one statement, and so from one snapshot. Events of the own transaction
        wait, and those of younger ones may be given once more.
        """
        found = self._session.execute(_SUBJECTS, self._scope(since)).all()
        position = Position(seen_by(found[0][0], found[0][1])) if found else since
        return Changed(len(found), list(dict.fromkeys(row[2] for row in found)), position)

    def count(self, since: Position) -> int:
        """Count committed events that a position does not cover."""
        return int(self._session.scalar(_COUNT, self._scope(since)) or 0)

    def among(self, since: Position, ids: Sequence[UUID]) -> set[UUID]:
        """Return those of the subjects that changed since a position."""
        return set(self._session.scalars(_AMONG, self._scope(since) | {"ids": list(ids)}))

    def now(self) -> Position:
        """Return the position of having seen all that is committed at this moment."""
        return Position(seen_by(*self._now()))

    def _now(self) -> tuple[str, str | None]:
        snapshot, own_xid = self._session.execute(text(f"SELECT {_NOW}")).one()
        return snapshot, own_xid

    def _scope(self, since: Position) -> dict[str, object]:
        return {"topics": list(self._consumer.topics), "seen": since.seen}
