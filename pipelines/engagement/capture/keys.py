"""Tell repeated events from new ones: by device and event id, within 7 days, over all processes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from pipelines.engagement.capture.batch import Batch, SentEvent

ANY_PAYLOAD: Final = 0
"""Kept for events that the server tells: an app that tells the same says it in other words."""

# Keys are taken in their order: two processes that have the same ones take turns, and never wait for each other. A key
# of more than 7 days ago is taken over; the days are those of arrival, also of batches that are replayed.
_TAKE = text("""
INSERT INTO engagement_keys AS known (key, payload, hour, accepted_at)
SELECT * FROM unnest(CAST(:keys AS uuid[]), CAST(:payloads AS bigint[]), CAST(:hours AS timestamptz[]),
  CAST(:received AS timestamptz[])) ORDER BY 1
ON CONFLICT (key) DO UPDATE SET payload = excluded.payload, hour = excluded.hour,
  accepted_at = excluded.accepted_at, kept_since = now()
WHERE NOT excluded.accepted_at BETWEEN known.accepted_at - interval '7 days' AND known.accepted_at + interval '7 days'
RETURNING key
""")
_KNOWN = text("SELECT key, payload, hour FROM engagement_keys WHERE key = ANY(CAST(:keys AS uuid[]))")


@dataclass(frozen=True)
class _First:
    payload: int
    hour: datetime


def settle_repeats(session: Session, batches: Sequence[Batch]) -> None:
    """Take the keys of new events; answer the others with `duplicate`, or reject them as `id_reused`."""
    first: dict[UUID, tuple[Batch, SentEvent]] = {}
    repeats: list[SentEvent] = []
    for batch in batches:
        for event in batch.open_events():
            assert event.key is not None  # noqa: S101  (each readable event has one)
            if event.key in first:
                repeats.append(event)
            else:
                first[event.key] = (batch, event)
    if not first:
        return
    taken = _take(session, first)
    lost = [event for key, (_, event) in first.items() if key not in taken]
    known = {key: _First(event.payload, event.hour) for key, (_, event) in first.items() if key in taken}
    if lost:
        rows = session.execute(_KNOWN, {"keys": [event.key for event in lost]})
        known |= {row.key: _First(row.payload, row.hour) for row in rows}
    for event in (*lost, *repeats):
        _answer(event, known)


def _take(session: Session, first: dict[UUID, tuple[Batch, SentEvent]]) -> set[UUID]:
    # As texts: the driver would look at each element of a list for itself.
    values = {
        "keys": _array(map(str, first)),
        "payloads": _array(str(event.payload) for _, event in first.values()),
        "hours": _array(event.hour.isoformat() for _, event in first.values()),
        "received": _array(batch.received_at.isoformat() for batch, _ in first.values()),
    }
    return set(session.scalars(_TAKE, values))


def _array(plain: Iterable[str]) -> str:
    """Write an array of SQL; its elements need no quotes."""
    return f"{{{','.join(plain)}}}"


def _answer(event: SentEvent, known: dict[UUID, _First]) -> None:
    first = known[event.key] if event.key is not None else None
    if first is not None and ANY_PAYLOAD not in (first.payload, event.payload) and first.payload != event.payload:
        event.reject("id_reused")
        return
    event.status, event.counted_in = "duplicate", first.hour if first is not None else None
