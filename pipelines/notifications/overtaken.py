"""Give back the subjects of messages that were dropped because they were no longer true, so that they are told anew."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

# A message that went out by another channel has told it: nothing is given back.
_TAKE = text("""
UPDATE messages SET last_error = 'told_anew' WHERE id IN (
  SELECT id FROM messages WHERE topic = :topic AND state = 'dropped' AND last_error = 'no_longer_true'
  ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
)
RETURNING subject_id, facts, EXISTS (
  SELECT FROM messages o WHERE o.reader_id = messages.reader_id AND o.state = 'sent' AND o.topic = messages.topic
    AND o.subject_id = messages.subject_id AND o.facts = messages.facts
) AS told
""")


def take_overtaken(session: Session, topic: str, most: int) -> list[tuple[UUID, dict[str, Any]]]:
    """Return subjects and facts of dropped messages of a topic, each message once."""
    rows = session.execute(_TAKE, {"topic": topic, "most": most}).all()
    return [(row.subject_id, row.facts) for row in rows if not row.told]
