"""Keep no answers of partners about people who were erased: partners name in them whom they know.

Messages themselves hold no personal data, and stay.
"""

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

_OF_PERSON: Final = text("""
UPDATE webhook_attempts a SET body = NULL
FROM webhook_deliveries d JOIN webhook_messages m ON m.id = d.message_id
WHERE a.delivery_id = d.id AND a.body IS NOT NULL AND m.subject_id IN (
  SELECT id FROM leads WHERE buyer_id = :person OR blind_index = ANY(:indexes)
  UNION ALL SELECT id FROM deposits WHERE buyer_id = :person
  UNION ALL SELECT id FROM listings WHERE seller_id = :person)
""")
_ERASED: Final = text("""
SELECT id FROM leads WHERE id = ANY(:ids) AND buyer_id IS NULL AND blind_index IS NULL
UNION ALL SELECT id FROM deposits WHERE id = ANY(:ids) AND buyer_id IS NULL
UNION ALL SELECT id FROM listings WHERE id = ANY(:ids) AND source = 'private' AND seller_id IS NULL
""")


def forget_answers(session: Session, person: UUID, indexes: Collection[bytes]) -> int:
    """Delete what partners answered to messages about a person's leads, deposits and ads; return how many answers."""
    done: Any = session.execute(_OF_PERSON, {"person": person, "indexes": list(indexes)})
    return int(done.rowcount)


def of_erased(session: Session, subjects: Collection[UUID]) -> set[UUID]:
    """Return those of the leads, deposits and private ads whose person is erased."""
    return set(session.scalars(_ERASED, {"ids": list(subjects)})) if subjects else set()
