"""Review the removals of a file: the cars that it removed or held back, and the decisions of a person about them.

The listings change here as everywhere: in the caller's transaction, under the organisation's lock
(`lock_listings`); the table's triggers write the outbox.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.states.listings import feed_moves_sql
from core.vocabulary import ListingStatus

_LIVE_OF = text(f"""
SELECT l.source_key FROM listings l JOIN feed_files f ON f.id = l.file_id
WHERE l.org_id = :org_id AND {feed_moves_sql(ListingStatus.WITHDRAWN)} AND f.mapping = :mapping
  AND l.source_key = ANY(:keys)
""")  # noqa: S608  (names of states, no input)

_OF_FILE = text("""
SELECT l.source_key, l.title, l.status AS listing_status, r.state, r.at
FROM listing_removals r JOIN listings l ON l.id = r.listing_id
WHERE r.file_id = :file_id ORDER BY l.source_key
""")

_COUNT = text("SELECT count(*) FROM listing_removals WHERE file_id = :file_id AND state = :state")

_FORGET_HELD = text("DELETE FROM listing_removals WHERE file_id = :file_id AND state = 'held'")

_APPROVE = text(f"""
WITH removed AS (
  UPDATE listings l SET status = '{ListingStatus.WITHDRAWN}', removed_at = statement_timestamp(),
    updated_at = statement_timestamp()
  FROM listing_removals r
  WHERE r.file_id = :file_id AND r.state = 'held' AND r.listing_id = l.id AND {feed_moves_sql(ListingStatus.WITHDRAWN)}
    AND l.org_id = :org_id AND l.source_key <> ALL(:named_since)
  RETURNING l.id
), records AS (
  UPDATE listing_removals r SET state = 'removed', at = statement_timestamp()
  FROM removed WHERE r.file_id = :file_id AND r.listing_id = removed.id
)
SELECT count(*) FROM removed
""")  # noqa: S608  (names of states, no input)

# Only the removal that is in force can be undone: a car that came back and was removed by a later file stays so.
_UNDO = text(f"""
WITH back AS (
  UPDATE listings l SET status = '{ListingStatus.LIVE}', removed_at = NULL, updated_at = statement_timestamp()
  FROM listing_removals r
  WHERE r.file_id = :file_id AND r.state = 'removed' AND r.listing_id = l.id AND {feed_moves_sql(ListingStatus.LIVE)}
    AND l.org_id = :org_id AND l.source_key <> ALL(:sold_since)
    AND NOT EXISTS (
      SELECT FROM listing_removals later
      WHERE later.listing_id = l.id AND later.state = 'removed' AND later.at > r.at
    )
  RETURNING l.id
), records AS (
  UPDATE listing_removals r SET state = 'undone', at = statement_timestamp()
  FROM back WHERE r.file_id = :file_id AND r.listing_id = back.id
)
SELECT count(*) FROM back
""")  # noqa: S608  (names of states, no input)


@dataclass(frozen=True)
class RemovalRecord:
    """A car that a file removed or would have removed, and its present state."""

    source_key: str
    title: str
    listing_status: str  # core.vocabulary.ListingStatus
    state: str  # held | removed | undone
    at: datetime


class RemovalRepository:
    """The removals of one organisation, by file."""

    def __init__(self, session: Session, org_id: UUID) -> None:
        self._session = session
        self._org_id = org_id

    def live_of(self, mapping: str, keys: Collection[str]) -> frozenset[str]:
        """Select those of the keys that are live listings which came through the mapping."""
        given = {"org_id": self._org_id, "mapping": mapping, "keys": sorted(keys)}
        return frozenset(self._session.scalars(_LIVE_OF, given))

    def of_file(self, file_id: UUID) -> list[RemovalRecord]:
        """List every car that the file removed or held back, by key."""
        return [RemovalRecord(**row._mapping) for row in self._session.execute(_OF_FILE, {"file_id": file_id})]

    def count(self, file_id: UUID, state: str) -> int:
        """Count the cars that have this state because of the file."""
        return self._session.scalar(_COUNT, {"file_id": file_id, "state": state}) or 0

    def forget_held(self, file_id: UUID) -> None:
        """Delete the removals that the file held back, before it is read and decided again."""
        self._session.execute(_FORGET_HELD, {"file_id": file_id})

    def approve(self, file_id: UUID, named_since: Collection[str]) -> int:
        """Remove the cars that the file held back, except those that newer files name, and count them."""
        given = {"org_id": self._org_id, "file_id": file_id, "named_since": sorted(named_since)}
        return self._session.scalar(_APPROVE, given) or 0

    def undo(self, file_id: UUID, sold_since: Collection[str]) -> int:
        """Bring back the cars that the file removed, except those that newer files call sold, and count them."""
        given = {"org_id": self._org_id, "file_id": file_id, "sold_since": sorted(sold_since)}
        return self._session.scalar(_UNDO, given) or 0
