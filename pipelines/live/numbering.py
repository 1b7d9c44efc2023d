"""Give events their numbers: the only writer of `live_streams` and `live_events`.

One process at a time does it (a loop of `automart work`), after the events are committed: a transaction that began
early and commits late is numbered when it commits, and no number is ever missing or becomes visible out of order.
"""

import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.live import CHANNEL, KEPT
from core.outbox.events import Event
from pipelines.live.addressing import Copy, copies_of

_SHARED: Final = text("SELECT id FROM orgs WHERE kind = 'marketplace'")
_NUMBER: Final = text("""
WITH given AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(CAST(:copies AS jsonb)) AS g (place bigint, stream_id uuid, role text, topic text,
    kind text, subject_id uuid, sequence bigint, payload jsonb, at timestamptz)
), counted AS (
  SELECT stream_id, count(*) AS events FROM given GROUP BY stream_id ORDER BY stream_id
), moved AS (
  INSERT INTO live_streams AS s (id, last_number) SELECT stream_id, events FROM counted
  ON CONFLICT (id) DO UPDATE SET last_number = s.last_number + excluded.last_number
  RETURNING s.id, s.last_number
)
INSERT INTO live_events (stream_id, number, role, topic, kind, subject_id, sequence, payload, at)
SELECT g.stream_id, m.last_number - c.events + row_number() OVER (PARTITION BY g.stream_id ORDER BY g.place),
  g.role, g.topic, g.kind, g.subject_id, g.sequence, g.payload, g.at
FROM given g JOIN counted c ON c.stream_id = g.stream_id JOIN moved m ON m.id = g.stream_id
""")
_WAKE: Final = text(f"SELECT pg_notify('{CHANNEL}', '')")


def number_events(session: Session, events: Sequence[Event]) -> None:
    """Give the copies of events their numbers in all streams, and wake the readers when the transaction commits.

    Events of before the time for which streams are kept are passed over: a consumer that starts reads old ones too.
    """
    oldest = utc_now() - KEPT
    shared = frozenset(session.scalars(_SHARED))
    copies = [copy for event in events if event.created_at >= oldest for copy in copies_of(event, shared)]
    if copies:
        given = json.dumps([_row(place, copy) for place, copy in enumerate(copies)], default=str)
        session.execute(_NUMBER, {"copies": given})
        session.execute(_WAKE)


def _row(place: int, copy: Copy) -> dict[str, object]:
    event = copy.event
    return {
        "place": place, "stream_id": copy.stream_id, "role": copy.role, "topic": event.topic, "kind": copy.kind,
        "subject_id": event.subject_id, "sequence": event.sequence, "payload": copy.payload,
        "at": event.created_at.isoformat(),
    }  # fmt: skip
