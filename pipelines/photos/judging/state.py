"""Count photos, verdicts and jobs: how far judging is, and what it found."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from pipelines.photos.judging.versions import verdict_version

_PHOTOS = text("""
SELECT plates, origin, count(*) FROM listing_photos WHERE removed_at IS NULL GROUP BY 1, 2 ORDER BY 1, 2
""")
_WITHOUT_JOB = text("""
SELECT count(*) FROM (SELECT content_id FROM listing_photos WHERE content_id IS NOT NULL
EXCEPT SELECT content_id FROM media_iq_jobs WHERE photo_id IS NULL) missing
""")
_JOBS = text("""
SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'running') AS running,
  count(*) FILTER (WHERE state = 'failed') AS failed,
  count(*) FILTER (WHERE state = 'running' AND lease_until < clock_timestamp() - interval '10 minutes') AS abandoned,
  count(*) FILTER (WHERE state = 'waiting' AND created_at < clock_timestamp() - interval '1 hour') AS late
FROM media_iq_jobs
""")
_VERDICTS = text("""
SELECT count(*) AS judged, count(*) FILTER (WHERE version <> :version) AS of_other_versions,
  count(*) FILTER (WHERE vehicle IS NULL) AS without_car_gate,
  count(*) FILTER (WHERE jsonb_array_length(plates) > 0) AS with_plates FROM photo_verdicts
""")
_HISTOGRAMS = {
    "photos": text("""
SELECT least(score / 10, 9) * 10 AS score, count(*) FROM photo_verdicts WHERE score IS NOT NULL GROUP BY 1
"""),
    "listings": text("""
SELECT least(score / 10, 9) * 10 AS score, count(*) FROM listing_media_scores WHERE score IS NOT NULL GROUP BY 1
"""),
}
_CODES = text("""
SELECT code, count(*) FROM photo_verdicts, jsonb_array_elements_text(codes) AS c (code)
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 30
""")
_LISTINGS = text("""
SELECT count(*) FILTER (WHERE NOT stale) AS scored, count(*) FILTER (WHERE stale) AS stale,
  count(*) FILTER (WHERE stale AND scored_at < clock_timestamp() - interval '1 hour') AS stale_for_an_hour
FROM listing_media_scores
""")
_SHOWN = {
    "worst": text("""
SELECT DISTINCT ON (v.score, p.content_id) p.content_id, p.rendition, v.score FROM listing_photos p
JOIN photo_verdicts v ON v.content_id = p.content_id
WHERE p.plates = 'done' AND v.score IS NOT NULL ORDER BY v.score, p.content_id, p.id LIMIT :most
"""),
    "covered": text("""
SELECT p.content_id, p.rendition, v.score FROM listing_photos p JOIN photo_verdicts v ON v.content_id = p.content_id
WHERE p.plates = 'done' AND p.rendition <> 'plain' ORDER BY p.judged_at DESC, p.id LIMIT :most
"""),
}


@dataclass(frozen=True)
class ShownPhoto:
    """A photo as others see it."""

    content_id: UUID
    rendition: str
    score: int | None


def photo_counts(session: Session) -> dict[str, int]:
    """Count photos by the state of their plates and their origin."""
    return {f"{row.origin}, {row.plates}": row[2] for row in session.execute(_PHOTOS)}


def contents_without_job(session: Session) -> int:
    """Count contents that a listing shows and that nothing judges."""
    return session.scalar(_WITHOUT_JOB) or 0


def job_counts(session: Session) -> dict[str, int]:
    """Count jobs by state; `abandoned` and `late` ones are stuck."""
    return dict(session.execute(_JOBS).one()._mapping)


def verdict_counts(session: Session) -> dict[str, int]:
    """Count verdicts, and those that models, thresholds or libraries of another version gave."""
    return dict(session.execute(_VERDICTS, {"version": verdict_version()}).one()._mapping)


def listing_counts(session: Session) -> dict[str, int]:
    """Count listings whose photos are scored, and those whose score is of an earlier state."""
    return dict(session.execute(_LISTINGS).one()._mapping)


def histogram(session: Session, of: str) -> dict[int, int]:
    """Count scores of `photos` or `listings` by tens, from 0 to 90."""
    found: dict[int, int] = {row.score: row[1] for row in session.execute(_HISTOGRAMS[of])}
    return {tens: found.get(tens, 0) for tens in range(0, 100, 10)}


def code_counts(session: Session) -> dict[str, int]:
    """Count photos by what they lost points for, the most frequent first."""
    return {row.code: row[1] for row in session.execute(_CODES)}


def shown_photos(session: Session, which: str, most: int = 10) -> list[ShownPhoto]:
    """List public photos: the `worst`, or those that were `covered` last."""
    rows: Any = session.execute(_SHOWN[which], {"most": most})
    return [ShownPhoto(*row) for row in rows]
