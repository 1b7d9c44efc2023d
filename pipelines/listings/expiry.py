"""Take private ads off the market once their term has passed without a word of their seller.

A dealer's cars have no term: its feeds and its people say what is still there. A seller renews an ad by moving it to
`live` again, also while it is live. The table's triggers write the outbox; index, facets and bands follow.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.listings import EXPIRES
from core.states.listings import GIVERS, Mover
from core.vocabulary import ListingStatus

BATCH: Final = 200
_ACTOR: Final = Actor.system("listings.expire")

# Locked before they are judged again: a seller who renews at this moment keeps the ad.
_EXPIRE = text(f"""
WITH due AS (
  SELECT id FROM listings WHERE {EXPIRES} AND renewed_at < :before
  ORDER BY renewed_at LIMIT :batch FOR UPDATE SKIP LOCKED
)
UPDATE listings l SET status = '{ListingStatus.EXPIRED}', state_by = '{GIVERS[Mover.CLOCK]}',
  removed_at = statement_timestamp(), updated_at = statement_timestamp()
FROM due WHERE l.id = due.id
RETURNING l.id, l.org_id, old.status, old.state_by
""")  # noqa: S608  (names of states, no input)


def expire_listings(session: Session, now: datetime, term: timedelta, batch: int = BATCH) -> list[UUID]:
    """Bring a batch of ads whose term has passed to `expired`, each with its audit record, and return their ids."""
    rows = session.execute(_EXPIRE, {"before": now - term, "batch": batch}).all()
    for row in rows:
        before = {"status": row.status, "state_by": row.state_by}
        after = {"status": str(ListingStatus.EXPIRED), "state_by": str(GIVERS[Mover.CLOCK])}
        record(session, _ACTOR, Act("listings.expire", "listing", str(row.id), row.org_id, before, after))
    return [row.id for row in rows]
