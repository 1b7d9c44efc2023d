"""Clean the backgrounds of photos that are shown, where their organisation wants it; what is shown is never replaced.

A try is written before it begins, so whatever crashes or hangs is tried twice at most. Objects are written before the
row that names them; a content that was deleted meanwhile takes them along with the sweep.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from core.db.tables.photo_backgrounds import PhotoBackground
from core.db.tables.photos import PhotoContent
from core.egress.errors import EgressError
from core.errors import InvalidInputError
from core.storage import ObjectNotFoundError
from pipelines.photos.backgrounds.cleaner import BackgroundCleaner
from pipelines.photos.errors import ImageRefusedError
from pipelines.photos.judging.judge import JudgingParts
from pipelines.photos.judging.worker import JudgingFailedError
from pipelines.photos.object_keys import CLEAN, ORIGINAL, clean_key, content_prefix, variant_key

TRIES = 2
_log = logging.getLogger(__name__)
_CLAIM = text("""
INSERT INTO photo_backgrounds AS b (content_id, rendition, version, tries, tried_at)
SELECT DISTINCT p.content_id, p.rendition, :version, 1, clock_timestamp()
FROM photo_choices c JOIN listings l ON l.org_id = c.org_id
JOIN listing_photos p ON p.listing_id = l.id AND p.plates = 'done' AND p.content_id IS NOT NULL
LEFT JOIN photo_backgrounds known ON known.content_id = p.content_id AND known.rendition = p.rendition
WHERE c.clean_backgrounds AND (known.content_id IS NULL OR known.version <> :version
  OR known.state = 'begun' AND known.tries < :tries AND known.tried_at < clock_timestamp() - interval '5 minutes')
LIMIT :most
ON CONFLICT (content_id, rendition) DO UPDATE SET version = excluded.version, state = 'begun', code = NULL,
  tries = CASE WHEN b.version = excluded.version THEN b.tries + 1 ELSE 1 END, tried_at = excluded.tried_at
WHERE b.version <> excluded.version OR b.tried_at < excluded.tried_at - interval '5 minutes'
RETURNING content_id, rendition, tries
""")


def clean_due(
    parts: JudgingParts, cleaner: BackgroundCleaner, most: int, stopping: Callable[[], bool] = lambda: False
) -> int:
    """Clean photos that wait for it, and count those that were taken."""
    from models.photo_backgrounds.grabcut import VERSION  # loads OpenCV

    given = {"version": f"{cleaner.name}-{VERSION}", "tries": TRIES, "most": most}
    with parts.transactions() as session:
        taken = session.execute(_CLAIM, given).all()
    for content_id, rendition, tries in taken:
        if stopping():
            break  # it is taken again after its pause
        variants, code = _cleaned(parts, cleaner, content_id, rendition)
        if variants or code == "no_vehicle" or tries >= TRIES:
            with parts.transactions() as session:
                _keep(session, (content_id, rendition, given["version"]), variants, code)
    return len(taken)


def _cleaned(
    parts: JudgingParts, cleaner: BackgroundCleaner, content_id: UUID, rendition: str
) -> tuple[list[dict[str, Any]], str | None]:
    with parts.transactions() as session:
        content = session.get(PhotoContent, content_id)
        names = [] if content is None else [each for each in content.variants if each["name"].endswith(".jpg")]
    if not names:
        return [], "photo_gone"
    parts.spool.mkdir(parents=True, exist_ok=True)
    source = variant_key(content_id, rendition, max(names, key=lambda each: each["size"])["name"])
    with TemporaryDirectory(dir=parts.spool, prefix="photo-") as name:
        folder = Path(name)
        try:
            (folder / ORIGINAL).write_bytes(parts.storage.get(source))
            variants = cleaner.clean(folder, parts.child)
        except (JudgingFailedError, ObjectNotFoundError, EgressError, ImageRefusedError, InvalidInputError) as error:
            _log.warning("Cleaning the background of the photo content %s: %s", content_id, error)
            return [], error.code
        for variant in variants:
            parts.storage.put(
                clean_key(content_id, rendition, variant["name"]), (folder / variant["name"]).read_bytes()
            )
    with parts.transactions() as session:
        there = session.scalar(select(PhotoContent.id).where(PhotoContent.id == content_id))
    if there is None:
        for key in list(parts.storage.keys(content_prefix(content_id))):
            parts.storage.delete(key)
    return variants, None if variants else "no_vehicle"


def _keep(session: Session, key: tuple[UUID, str, object], variants: list[dict[str, Any]], code: str | None) -> None:
    content_id, rendition, version = key
    named = [{**each, "name": CLEAN + each["name"]} for each in variants]
    session.execute(
        update(PhotoBackground)
        .where(PhotoBackground.content_id == content_id, PhotoBackground.rendition == rendition)
        .where(PhotoBackground.version == version)
        .values(state="done" if variants else "failed", code=code, variants=named, tried_at=func.clock_timestamp())
    )
