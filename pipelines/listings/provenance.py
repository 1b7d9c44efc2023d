"""Trace a listing to the file, the row, the version of the mapping and the run that gave it its present content."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.states.listings import feed_moves_sql
from core.vocabulary import ListingStatus

# A file that was read again with a newer mapping names the newer version. Where that reading rejected the row, the
# listing still shows the older one: its version and run stand in what was noted at the replay.
_ORIGIN = text(f"""
SELECT l.id AS listing_id, l.source, o.code AS dealer, l.source_key, l.title, l.status, l.updated_at,
  f.id AS file_id, f.name AS file, f.storage_key, f.snapshot_at, f.received_at, l.row_number, f.mapping,
  CASE WHEN old.counts IS NULL THEN f.mapping_version ELSE (old.counts->'before'->>'mapping_version')::int END
    AS mapping_version,
  CASE WHEN old.counts IS NULL THEN f.run_id ELSE old.counts->'before'->>'run_id' END AS run_id,
  g.id AS removed_by_file_id, g.name AS removed_by_file
FROM listings l JOIN orgs o ON o.id = l.org_id LEFT JOIN feed_files f ON f.id = l.file_id
LEFT JOIN LATERAL (
  SELECT a.counts FROM feed_actions a
  WHERE a.file_id = f.id AND a.kind = 'replayed' AND a.at > l.updated_at
    AND EXISTS (SELECT FROM feed_rejects r WHERE r.file_id = f.id AND r.row_number = l.row_number)
  ORDER BY a.at LIMIT 1
) old ON true
LEFT JOIN LATERAL (
  SELECT r.file_id FROM listing_removals r WHERE r.listing_id = l.id AND r.state = 'removed' ORDER BY r.at DESC LIMIT 1
) gone ON {feed_moves_sql(ListingStatus.LIVE)}
LEFT JOIN feed_files g ON g.id = gone.file_id
WHERE l.id = :id
""")  # noqa: S608  (names of states, no input)


@dataclass(frozen=True)
class ListingOrigin:
    """The provenance of a listing's present content, and of its removal."""

    listing_id: UUID
    source: str  # feed | form | private | api
    dealer: str
    source_key: str
    title: str
    status: str
    updated_at: datetime
    file_id: UUID | None  # as all that follows, but for the removal: of a feed's listing
    file: str | None
    storage_key: str | None
    snapshot_at: datetime | None
    received_at: datetime | None
    row_number: int | None  # 1 is the first record after the header
    mapping: str | None
    mapping_version: int | None
    run_id: str | None
    removed_by_file_id: UUID | None
    removed_by_file: str | None


def listing_origin(session: Session, listing_id: UUID) -> ListingOrigin:
    """Look up the origin of one listing.

    Raises:
        NotFoundError: code `unknown_listing`.
    """
    row = session.execute(_ORIGIN, {"id": listing_id}).one_or_none()
    if row is None:
        raise NotFoundError(
            f"There is no listing {listing_id}; `automart search query` shows the ids.", code="unknown_listing"
        )
    return ListingOrigin(**row._mapping)
