"""Read the rows of streams."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.live import KEPT

_AFTER: Final = text("""
SELECT e.stream_id, e.number, e.role, e.topic, e.kind, e.subject_id, e.sequence, e.payload, e.at
FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS bigint[])) AS asked (id, number)
CROSS JOIN LATERAL (
  SELECT * FROM live_events l WHERE l.stream_id = asked.id AND l.number > asked.number ORDER BY l.number LIMIT :most
) e ORDER BY e.stream_id, e.number
""")
_HEADS: Final = text("SELECT id, last_number FROM live_streams WHERE id = ANY(:ids)")
_KEPT: Final = text("SELECT numbered_at FROM live_events WHERE stream_id = :id AND number = :number")


@dataclass(frozen=True, slots=True)
class Row:
    """A numbered event of a stream."""

    stream_id: UUID
    number: int
    role: str
    topic: str
    kind: str
    subject_id: UUID
    sequence: int
    payload: dict[str, Any]
    at: datetime
    text: str  # the message in JSON after its id, written once for all who are sent it


def row_of(found: Mapping[str, Any]) -> Row:
    """Make the row of an event from its columns."""
    told = {
        "stream": "org" if found["role"] == "org" else "me", "number": found["number"], "role": found["role"],
        "topic": found["topic"], "kind": found["kind"], "subject_id": str(found["subject_id"]),
        "sequence": found["sequence"], "at": found["at"].isoformat(), "data": found["payload"],
    }  # fmt: skip
    return Row(**found, text=json.dumps(told)[1:])


def rows_after(session: Session, numbers: Mapping[UUID, int], most: int) -> Sequence[Row]:
    """Return the events of streams after these numbers, in their order; at most `most` of each stream."""
    given = {"ids": list(numbers), "numbers": list(numbers.values()), "most": most}
    return [row_of(row._asdict()) for row in session.execute(_AFTER, given)]


def heads(session: Session, ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the last numbers of streams; 0 where nothing was numbered yet."""
    found = {row.id: row.last_number for row in session.execute(_HEADS, {"ids": list(ids)})}
    return {each: found.get(each, 0) for each in ids}


def can_go_on(session: Session, stream_id: UUID, number: int, head: int, now: datetime) -> bool:
    """Tell whether everything after a number is still kept, and younger than it has to be."""
    if number >= head:
        return number == head
    since = session.scalar(_KEPT, {"id": stream_id, "number": number + 1})
    return since is not None and since >= now - KEPT
