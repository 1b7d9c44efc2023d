"""Count pairs and what waits to be compared, and name pairs to show."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from pipelines.photos.judging.state import ShownPhoto
from pipelines.photos.pairs.descriptions import TRIES

_DESCRIPTIONS = text("""
SELECT count(*) AS described, count(*) FILTER (WHERE NOT usable) AS nothing_to_go_by,
  count(*) FILTER (WHERE crowd) AS used_by_very_many, count(*) FILTER (WHERE compared_at IS NULL) AS waiting,
  count(*) FILTER (WHERE compared_at IS NULL
    AND (tries >= :tries OR described_at < clock_timestamp() - interval '1 hour')) AS late
FROM photo_descriptions
""")
_PAIRS = text("SELECT kind, count(*) FROM photo_pairs GROUP BY kind ORDER BY kind")
# Both photos as others see them.
_SHOWN = text("""
SELECT one.content_id AS first, one.rendition AS first_rendition, other.content_id AS second,
  other.rendition AS second_rendition
FROM photo_pairs p
CROSS JOIN LATERAL (SELECT content_id, rendition FROM listing_photos
  WHERE content_id = p.a AND plates = 'done' ORDER BY id LIMIT 1) one
CROSS JOIN LATERAL (SELECT content_id, rendition FROM listing_photos
  WHERE content_id = p.b AND plates = 'done' ORDER BY id LIMIT 1) other
ORDER BY p.found_at DESC, p.a, p.b LIMIT :most
""")


def pair_counts(session: Session) -> dict[str, int | dict[str, int]]:
    """Count descriptions, and pairs by kind; `late` ones have waited for an hour, or end whatever compares them."""
    described = dict(session.execute(_DESCRIPTIONS, {"tries": TRIES}).one()._mapping)
    return described | {"pairs": {row.kind: row[1] for row in session.execute(_PAIRS)}}


def shown_pairs(session: Session, most: int = 5) -> list[ShownPhoto]:
    """List the public photos of the pairs that were found last, two after two."""
    rows = session.execute(_SHOWN, {"most": most}).all()
    sides = [((row.first, row.first_rendition), (row.second, row.second_rendition)) for row in rows]
    return [ShownPhoto(content_id, rendition, None) for pair in sides for content_id, rendition in pair]
