"""Report the photos of a dealer that others show, and which of the two we saw first.

"First seen by us" is no proof of who took a photo: a feed that is read later was not there later. Other branches of
the dealer are left out, and cars that were sold on: the new seller of a car may have been given its photos.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from pipelines.photos.pairs.pairs import CROWD

MOST = 500
# A picture with nothing to go by, or one that very many share, is nobody's. A car was sold on where it was no longer on
# offer when the same one was seen with another seller.
_COPIES = text("""
WITH mine AS (
  SELECT p.id, p.listing_id, p.content_id FROM listing_photos p JOIN listings l ON l.id = p.listing_id
  WHERE l.org_id = :org_id AND p.content_id IS NOT NULL
),
same AS (
  SELECT m.*, m.content_id AS other_content, 'same_file' AS kind, 1.0 AS alike FROM mine m
  UNION ALL
  SELECT m.*, p.b, p.kind, p.alike FROM mine m JOIN photo_pairs p ON p.a = m.content_id WHERE p.kind = 'same_photo'
  UNION ALL
  SELECT m.*, p.a, p.kind, p.alike FROM mine m JOIN photo_pairs p ON p.b = m.content_id WHERE p.kind = 'same_photo'
),
found AS (
  SELECT same.listing_id, same.id AS photo_id, mine_seen.first_seen_at, other.listing_id AS other_listing_id,
    other.id AS other_photo_id, orgs.code AS other_org, other_seen.first_seen_at AS other_first_seen_at,
    same.kind, same.alike, mine_seen.first_seen_at < other_seen.first_seen_at AS is_first, own AS own, theirs AS theirs
  FROM same
  JOIN listings own ON own.id = same.listing_id
  JOIN listing_photos other ON other.content_id = same.other_content AND other.plates IN ('done', 'waived')
  JOIN listings theirs ON theirs.id = other.listing_id AND theirs.org_id <> own.org_id
  JOIN orgs ON orgs.id = theirs.org_id
  JOIN photo_sightings mine_seen ON mine_seen.content_id = same.content_id AND mine_seen.listing_id = same.listing_id
  JOIN photo_sightings other_seen ON other_seen.content_id = same.other_content
    AND other_seen.listing_id = other.listing_id
  WHERE (SELECT bool_and(d.usable AND NOT d.crowd) FROM photo_descriptions d
      WHERE d.content_id IN (same.content_id, same.other_content))
    AND (SELECT count(*) FROM photo_sightings s WHERE s.content_id = same.other_content) <= :crowd
)
SELECT listing_id, photo_id, first_seen_at, other_listing_id, other_photo_id, other_org, other_first_seen_at, kind,
  alike
FROM found
WHERE is_first = :first AND first_seen_at <> other_first_seen_at
  AND NOT coalesce((own).make_key = (theirs).make_key AND (own).model_key = (theirs).model_key
    AND (own).model_year = (theirs).model_year
    AND CASE WHEN is_first THEN (own).removed_at <= other_first_seen_at
      ELSE (theirs).removed_at <= first_seen_at END, false)
ORDER BY greatest(first_seen_at, other_first_seen_at) DESC, photo_id, other_photo_id LIMIT :most
""")


@dataclass(frozen=True)
class PhotoCopy:
    """A photo of the dealer, and the same one of another seller. `kind`: `same_file`, or `same_photo` after edits."""

    listing_id: UUID
    photo_id: UUID
    first_seen_at: datetime
    other_listing_id: UUID
    other_photo_id: UUID
    other_org: str
    other_first_seen_at: datetime
    kind: str
    alike: float


def photo_copies(session: Session, org_id: UUID, *, first: bool) -> Sequence[PhotoCopy]:
    """List photos that other sellers show, the newest first.

    Args:
        session: of the pipelines.
        org_id: the dealer.
        first: those that were first seen at this dealer; else those that were first seen elsewhere.
    """
    given = {"org_id": org_id, "first": first, "crowd": CROWD, "most": MOST}
    return [PhotoCopy(*row) for row in session.execute(_COPIES, given)]
