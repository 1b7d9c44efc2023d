"""Write events of every topic but `listing`, whose rows come from the triggers of that table.

The events commit with the change itself, or not at all. The number that each gets is taken under the lock of its
subject's row in `outbox_subjects`, which is held until the end of the transaction: so two transactions that tell of one
subject take turns, and the numbers have the order of the commits.
"""

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy.orm import Session

from core.db.together import Part, PartOf, add_rows
from core.outbox.events import LISTING, NewEvent

_COLUMNS: Final = "subject_id, kind, org_id, person_id, audience, payload"
_MOST_BYTES: Final = 4_000
# The function takes subjects in the order of their ids, so that two transactions never wait for each other. Several
# events of one subject are numbered in the order in which they were given: `place`, with so many `after` it. Nothing is
# read back from the outbox: who may tell of a change need not be allowed to read what others told.
_EMIT: Final = """
WITH given AS MATERIALIZED ({source}), counted AS MATERIALIZED (
  SELECT subject_id, sequence FROM outbox_numbers(%(topic)s, (SELECT array_agg(subject_id) FROM given))
)
INSERT INTO outbox_events (topic, subject_id, kind, org_id, person_id, audience, payload, sequence)
SELECT %(topic)s, g.subject_id, g.kind, g.org_id, g.person_id, g.audience, g.payload, c.sequence - g.after
FROM given g JOIN counted c ON c.subject_id = g.subject_id ORDER BY g.place
"""
_EMIT_GIVEN: Final = _EMIT.format(
    source=f"SELECT {_COLUMNS}, place, after FROM jsonb_to_recordset(%(events)s::jsonb)"  # noqa: S608  (column names)
    " AS r (subject_id uuid, kind text, org_id uuid, person_id uuid, audience text[], payload jsonb, place int,"
    " after int)"
)
_EMIT_ROWS: Final = _EMIT.format(
    source="""
SELECT p.*, count(*) OVER (PARTITION BY subject_id)
  - row_number() OVER (PARTITION BY subject_id ORDER BY place) AS after
FROM (SELECT row_number() OVER () AS place, {columns} FROM {table}) p
"""
)


def emit(session: Session, topic: str, *events: NewEvent) -> None:
    """Write events of changes in the caller's transaction; within a step of the platform, at its end.

    Raises:
        ValueError: the topic is `listing`, or a payload has more than 4,000 bytes: an event carries facts that decide
            who must act, and the subject itself is read where it stands.
    """
    _refuse_listing(topic)
    for event in events:
        if len(json.dumps(event.payload).encode()) > _MOST_BYTES:
            raise ValueError(f"The payload of a {topic} event is larger than {_MOST_BYTES:,} bytes.")
    if events:
        add_rows(session, _part_of(topic), events)


def emit_rows(session: Session, topic: str, table: str) -> None:
    """Write events of the changes in a (temporary) table with the columns of `NewEvent`."""
    _refuse_listing(topic)
    session.flush()
    statement = _EMIT_ROWS.format(columns=_COLUMNS, table=table)
    session.connection().exec_driver_sql(statement, {"topic": topic})  # past SQLAlchemy's compiler


def _refuse_listing(topic: str) -> None:
    if topic == LISTING:
        raise ValueError("Events of listings are written by the table's triggers alone: change the listing.")


@cache
def _part_of(topic: str) -> PartOf:
    """Return the function that makes the part of a statement for events of a topic; the same one each time."""

    def part(events: Sequence[NewEvent]) -> Part:
        left = Counter(event.subject_id for event in events)
        rows: list[dict[str, Any]] = []
        for place, event in enumerate(events):
            left[event.subject_id] -= 1
            rows.append({**vars(event), "place": place, "after": left[event.subject_id]})
        return Part(_EMIT_GIVEN, {"topic": topic, "events": json.dumps(rows, default=str)})

    return part
