"""SQL of pairs: contents that were proved to be one photo, and what follows for the listings that show them.

A pair is written only while both contents are there and of the version that was compared; it goes with either.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.db.tables.photos import ListingPhoto
from pipelines.photos.repository import PhotoRepository, photo_owner

CROWD = 20
"""So many copies make a picture one that everybody uses (a placeholder, a logo, a brochure's): it accuses nobody."""
_HOLD = text("""
SELECT c.id FROM photo_contents c JOIN photo_descriptions d ON d.content_id = c.id
WHERE c.id = ANY(:ids) AND c.made_at IS NOT NULL AND d.version = :version AND d.usable
ORDER BY c.id FOR KEY SHARE OF c
""")
_OUTDATED = text("""
DELETE FROM photo_pairs p USING photo_descriptions d
WHERE (p.a = :id AND d.content_id = p.b OR p.b = :id AND d.content_id = p.a)
  AND d.version = :version AND (p.version <> :version OR d.crowd)
""")
_KEEP = text("""
INSERT INTO photo_pairs AS p (a, b, version, kind, inliers, alike, covered, mirrored)
VALUES (least(CAST(:id AS uuid), :other), greatest(CAST(:id AS uuid), :other), :version, :kind, :inliers, :correlation,
  :covered, :mirrored)
ON CONFLICT (a, b) DO UPDATE SET version = excluded.version, kind = excluded.kind, inliers = excluded.inliers,
  alike = excluded.alike, covered = excluded.covered, mirrored = excluded.mirrored
RETURNING xmax = 0 AS is_new
""")
# A seller who saves a photo anew keeps the time at which it was first seen.
_INHERIT = text("""
UPDATE photo_sightings mine SET first_seen_at = earlier.first_seen_at
FROM photo_sightings earlier JOIN listings l ON l.id = earlier.listing_id, listings own
WHERE own.id = mine.listing_id AND l.org_id = own.org_id AND l.seller_id IS NOT DISTINCT FROM own.seller_id
  AND (mine.content_id = :id AND earlier.content_id = :other OR mine.content_id = :other AND earlier.content_id = :id)
  AND earlier.first_seen_at < mine.first_seen_at
""")
_CROWD = text("UPDATE photo_descriptions SET crowd = true WHERE content_id = ANY(:ids) AND NOT crowd")
_PART = text("DELETE FROM photo_pairs WHERE a = ANY(:ids) OR b = ANY(:ids)")
_FORGET_TOKENS = text("DELETE FROM photo_tokens WHERE content_id = :id")
_COMPARED = text("""
UPDATE photo_descriptions SET compared_at = clock_timestamp(), sought = NULL
WHERE content_id = :id AND version = :version AND compared_at IS NULL RETURNING content_id
""")
# Photos that a listing shows twice cost it points.
_STALE = text("""
UPDATE listing_media_scores s SET stale = true
WHERE NOT s.stale AND s.listing_id IN (
  SELECT p.listing_id FROM listing_photos p JOIN listing_photos o ON o.listing_id = p.listing_id
  WHERE p.content_id = :id AND o.content_id = ANY(:others))
""")
_WITHIN = text("SELECT a, b FROM photo_pairs WHERE a = ANY(:ids) AND b = ANY(:ids) AND kind = 'same_photo'")


class PairRepository:
    """The pairs, for one version of descriptions."""

    def __init__(self, session: Session, version: str) -> None:
        self._session, self._version = session, version

    def keep(self, content_id: UUID, proved: Mapping[UUID, Mapping[str, Any]]) -> int:
        """Write the pairs of a content that was compared, and count those that are new.

        Nothing is written where the content was deleted or described anew meanwhile.
        """
        given = {"ids": [content_id, *proved], "version": self._version}
        there = set(self._session.scalars(_HOLD, given))
        mine = {"id": content_id, "version": self._version}
        if content_id not in there or self._session.execute(_COMPARED, mine).one_or_none() is None:
            return 0
        self._session.execute(_OUTDATED, mine)
        others = sorted(there - {content_id})
        if len(others) >= CROWD:
            self._mark_crowd([content_id, *others])
            return 0
        new = [other for other in others if self._write(content_id, other, proved[other])]
        self._session.execute(_STALE, {"id": content_id, "others": others})
        if new:
            self._emit(content_id)
        return len(new)

    def join_crowd(self, content_id: UUID) -> None:
        """Note that a content is one that everybody uses; those that are known already find the next ones."""
        self._mark_crowd([content_id])
        self._session.execute(_FORGET_TOKENS, {"id": content_id})
        self._session.execute(_COMPARED, {"id": content_id, "version": self._version})

    def _write(self, content_id: UUID, other: UUID, evidence: Mapping[str, Any]) -> bool:
        given = {"id": content_id, "other": other, "version": self._version, **evidence}
        is_new: bool = self._session.scalar(_KEEP, given)
        self._session.execute(_INHERIT, {"id": content_id, "other": other})
        return is_new

    def _mark_crowd(self, contents: Sequence[UUID]) -> None:
        self._session.execute(_CROWD, {"ids": list(contents)})
        self._session.execute(_PART, {"ids": list(contents)})

    def _emit(self, content_id: UUID) -> None:
        """Emit an event of each photo of the content, which others show too."""
        shown = select(ListingPhoto.listing_id).where(ListingPhoto.content_id == content_id).distinct()
        for listing_id in sorted(self._session.scalars(shown)):
            owner = photo_owner(self._session, listing_id)
            if owner is None:
                continue
            photos = PhotoRepository(self._session, owner)
            for photo, content in photos.all():
                if content.id == content_id:
                    photos.emit_matched(photo)


def pairs_within(session: Session, contents: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """Return the pairs among contents that are the same photo."""
    return [(row.a, row.b) for row in session.execute(_WITHIN, {"ids": list(contents)})]
