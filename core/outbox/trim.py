"""Keep the outbox from growing for ever: delete the old events that every consumer has seen."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.outbox.consumers import Consumer

_AT_ONCE = 20_000
# A position whose consumer is declared nowhere (it is another version's) holds the events of all topics; a declared
# consumer that has no position yet holds those of its own. A page at a time: no lock and no transaction gets long.
_TRIM = text("""
WITH declared AS (
  SELECT * FROM jsonb_to_recordset(CAST(:declared AS jsonb)) AS d (name text, topics text[])
), positions AS (
  SELECT o.consumer, o.snapshot, d.topics FROM outbox_offsets o
  LEFT JOIN declared d ON d.name = split_part(o.consumer, ':', 1)
)
DELETE FROM outbox_events WHERE id IN (
  SELECT e.id FROM outbox_events e
  WHERE e.created_at < now() - make_interval(days => :days)
    AND NOT EXISTS (
      SELECT FROM positions p WHERE (p.topics IS NULL OR e.topic = ANY(p.topics))
        AND NOT pg_visible_in_snapshot(e.xid, p.snapshot)
    )
    AND NOT EXISTS (
      SELECT FROM declared d WHERE e.topic = ANY(d.topics)
        AND NOT EXISTS (SELECT FROM positions p WHERE split_part(p.consumer, ':', 1) = d.name)
    )
  ORDER BY e.id LIMIT :most
)
RETURNING size
""")


def trim_outbox(sessions: SessionFactory, consumers: Sequence[Consumer], days: int) -> int:
    """Delete the events that are older than this and that every consumer has seen, and count them.

    `consumers` are all that are declared, started or not: one that never read has seen nothing.
    """
    declared = json.dumps([asdict(consumer) for consumer in consumers])
    deleted: int = 0
    while True:
        with transaction(sessions) as session:
            sizes = session.scalars(_TRIM, {"declared": declared, "days": days, "most": _AT_ONCE}).all()
        deleted += sum(sizes)
        if len(sizes) < _AT_ONCE:
            return deleted
