"""Report the photos of a dealer that others show, and which of the two we saw first.

"First seen by us" is no proof of who took a photo: a feed that is read later was not there later. Other branches of
the dealer are left out, and cars that were sold on: the new seller of a car may have been given its photos.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from pipelines.photos.pairs.pairs import CROWD

MOST = 500
# A picture with nothing to go by, or one that very many share, is nobody's. A car was sold on where it was no longer on
# offer when the same one was seen with another seller. What was contested with success is in neither dealer's report.
_COPIES = text("""
WITH mine AS (
  SELECT p.id, p.listing_id, p.content_id FROM listing_photos p JOIN listings l ON l.id = p.listing_id
  WHERE l.org_id = :org_id AND p.content_id IS NOT NULL AND (CAST(:photo_id AS uuid) IS NULL OR p.id = :photo_id)
    AND (CAST(:listing_id AS uuid) IS NULL OR l.id = :listing_id)
),
same AS (
  SELECT m.*, m.content_id AS other_content, 'same_file' AS kind, NULL::int AS inliers, 1.0 AS alike, 1.0 AS covered,
    false AS mirrored FROM mine m
  UNION ALL
  SELECT m.*, p.b, p.kind, p.inliers, p.alike, p.covered, p.mirrored
  FROM mine m JOIN photo_pairs p ON p.a = m.content_id WHERE p.kind = 'same_photo'
  UNION ALL
  SELECT m.*, p.a, p.kind, p.inliers, p.alike, p.covered, p.mirrored
  FROM mine m JOIN photo_pairs p ON p.b = m.content_id WHERE p.kind = 'same_photo'
),
found AS (
  SELECT same.*, same.id AS photo_id, mine_seen.first_seen_at, other.listing_id AS other_listing_id,
    other.id AS other_photo_id, theirs.org_id AS other_org_id, orgs.code AS other_org,
    other_seen.first_seen_at AS other_first_seen_at, mine_seen.first_seen_at < other_seen.first_seen_at AS is_first,
    own AS own, theirs AS theirs
  FROM same
  JOIN listings own ON own.id = same.listing_id
  JOIN listing_photos other ON other.content_id = same.other_content AND other.plates IN ('done', 'waived')
    AND (CAST(:other_photo_id AS uuid) IS NULL OR other.id = :other_photo_id)
  JOIN listings theirs ON theirs.id = other.listing_id AND (theirs.org_id <> own.org_id
    OR CAST(:listing_id AS uuid) IS NOT NULL AND theirs.seller_id <> own.seller_id)
  JOIN orgs ON orgs.id = theirs.org_id
  JOIN photo_sightings mine_seen ON mine_seen.content_id = same.content_id AND mine_seen.listing_id = same.listing_id
  JOIN photo_sightings other_seen ON other_seen.content_id = same.other_content
    AND other_seen.listing_id = other.listing_id
  WHERE (SELECT bool_and(d.usable AND NOT d.crowd) FROM photo_descriptions d
      WHERE d.content_id IN (same.content_id, same.other_content))
    AND (SELECT count(*) FROM photo_sightings s WHERE s.content_id = same.other_content) <= :crowd
)
SELECT f.listing_id, f.photo_id, f.content_id, f.first_seen_at, f.other_listing_id, f.other_photo_id,
  f.other_content AS other_content_id, f.other_org_id, f.other_org, f.other_first_seen_at, f.kind, f.inliers, f.alike,
  f.covered, f.mirrored, c.state AS contest
FROM found f LEFT JOIN photo_contests c
  ON CASE WHEN f.is_first
    THEN (c.content_id, c.other_content_id, c.org_id, c.other_org_id)
      = (f.other_content, f.content_id, f.other_org_id, CAST(:org_id AS uuid))
    ELSE (c.content_id, c.other_content_id, c.org_id, c.other_org_id)
      = (f.content_id, f.other_content, CAST(:org_id AS uuid), f.other_org_id) END
WHERE f.is_first = :first AND f.first_seen_at <> f.other_first_seen_at AND c.state IS DISTINCT FROM 'granted'
  AND NOT coalesce((own).make_key = (theirs).make_key AND (own).model_key = (theirs).model_key
    AND (own).model_year = (theirs).model_year
    AND CASE WHEN f.is_first THEN (own).removed_at <= f.other_first_seen_at
      ELSE (theirs).removed_at <= f.first_seen_at END, false)
ORDER BY greatest(f.first_seen_at, f.other_first_seen_at) DESC, f.photo_id, f.other_photo_id LIMIT :most
""")


@dataclass(frozen=True)
class PhotoCopy:
    """A photo of the dealer, and the same one of another seller, with what proves it.

    `kind` is `same_file`, or `same_photo` after edits; then `inliers` points agree, a share `alike` of the
    blocks looks the same, and a share `covered` of the smaller picture lies in the other one. `contest` is the state of
    a contest, if there is one.
    """

    listing_id: UUID
    photo_id: UUID
    content_id: UUID
    first_seen_at: datetime
    other_listing_id: UUID
    other_photo_id: UUID
    other_content_id: UUID
    other_org_id: UUID
    other_org: str
    other_first_seen_at: datetime
    kind: str
    inliers: int | None
    alike: float
    covered: float
    mirrored: bool
    contest: str | None


def photo_copies(session: Session, org_id: UUID, *, first: bool, most: int = MOST) -> Sequence[PhotoCopy]:
    """List photos that other sellers show, the newest first.

    Args:
        session: of the pipelines, or of the application in the step `copies`.
        org_id: the dealer.
        first: those that were first seen at this dealer; else those that were first seen elsewhere.
        most: so many at most.
    """
    return _copies(session, {"org_id": org_id, "first": first, "most": most})


def photo_copy(session: Session, org_id: UUID, photo_id: UUID, other_photo_id: UUID) -> PhotoCopy | None:
    """Return the report's line that a dealer's photo was first seen elsewhere as this one; None without such a line."""
    asked = {"org_id": org_id, "first": False, "most": 1, "photo_id": photo_id, "other_photo_id": other_photo_id}
    return next(iter(_copies(session, asked)), None)


def seen_elsewhere(session: Session, org_id: UUID, listing_id: UUID, photo_id: UUID | None = None) -> bool:
    """Tell whether another seller showed a photo of the listing before; also one private seller of another."""
    asked = {"org_id": org_id, "first": False, "most": 1, "listing_id": listing_id, "photo_id": photo_id}
    return bool(_copies(session, asked))


def _copies(session: Session, asked: Mapping[str, object]) -> Sequence[PhotoCopy]:
    given = {"crowd": CROWD, "photo_id": None, "other_photo_id": None, "listing_id": None, **asked}
    return [PhotoCopy(*row) for row in session.execute(_COPIES, given)]
