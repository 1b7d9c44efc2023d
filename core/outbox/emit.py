"""Write events of every topic but `listing`, whose rows come from the triggers of that table.

The events commit with the change itself, or not at all. The number that each gets is taken under the lock of its
subject's row in `outbox_subjects`, which is held until the end of the transaction: so two transactions that tell of one
subject take turns, and the numbers have the order of the commits.
"""

import json

from sqlalchemy.orm import Session

from core.outbox.events import LISTING, NewEvent

_COLUMNS = "subject_id, kind, org_id, person_id, audience, payload"
_MOST_BYTES = 4_000
# The function takes subjects in the order of their ids, so that two transactions never wait for each other. Several
# events of one subject are numbered in the order in which they were given. Nothing is read back from the outbox: who
# may tell of a change need not be allowed to read what others told.
_EMIT = """
WITH given AS MATERIALIZED (
  SELECT row_number() OVER () AS at, s.* FROM ({source}) AS s
), counted AS MATERIALIZED (
  SELECT subject_id, sequence FROM outbox_numbers(%(topic)s, (SELECT array_agg(subject_id) FROM given))
), told AS (
  INSERT INTO outbox_events (topic, subject_id, kind, org_id, person_id, audience, payload, sequence)
  SELECT %(topic)s, g.subject_id, g.kind, g.org_id, g.person_id, g.audience, g.payload, c.sequence
    - count(*) OVER (PARTITION BY g.subject_id) + row_number() OVER (PARTITION BY g.subject_id ORDER BY g.at)
  FROM given g JOIN counted c ON c.subject_id = g.subject_id ORDER BY g.at
)
SELECT count(*) FROM given
"""
_GIVEN = (
    f"SELECT {_COLUMNS} FROM jsonb_to_recordset(%(events)s::jsonb)"  # noqa: S608  (column names, no input)
    " AS r (subject_id uuid, kind text, org_id uuid, person_id uuid, audience text[], payload jsonb)"
)


_EMIT_GIVEN = _EMIT.format(source=_GIVEN)


def emit(session: Session, topic: str, *events: NewEvent) -> int:
    """Write events of changes in the caller's transaction, and count them.

    Raises:
        ValueError: the topic is `listing`, or a payload has more than 4,000 bytes: an event carries facts that decide
            who must act, and the subject itself is read where it stands.
    """
    for event in events:
        if len(json.dumps(event.payload).encode()) > _MOST_BYTES:
            raise ValueError(f"The payload of a {topic} event is larger than {_MOST_BYTES:,} bytes.")
    if not events:
        return 0
    given = json.dumps([vars(event) for event in events], default=str)
    return _emit(session, topic, _EMIT_GIVEN, {"events": given})


def emit_rows(session: Session, topic: str, table: str) -> int:
    """Write events of the changes in a (temporary) table with the columns of `NewEvent`, and count them."""
    source = f"SELECT {_COLUMNS} FROM {table}"  # noqa: S608  (names of our own, no input)
    return _emit(session, topic, _EMIT.format(source=source), {})


def _emit(session: Session, topic: str, statement: str, given: dict[str, str]) -> int:
    if topic == LISTING:
        raise ValueError("Events of listings are written by the table's triggers alone: change the listing.")
    session.flush()
    written = session.connection().exec_driver_sql(statement, {"topic": topic, **given})  # past SQLAlchemy's compiler
    return int(written.scalar_one())
