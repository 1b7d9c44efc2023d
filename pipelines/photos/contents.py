"""Keep pictures by content: the same bytes are decoded once, however many listings show them.

A content's row is there before its first object, so an object whose writer was killed is found and deleted by the
sweep. A content that no listing shows and no address gave is deleted an hour after it was last asked for.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.access.tenant import Step, platform_step
from core.db.session import SessionFactory, transaction
from core.db.tables.photos import PhotoContent
from core.errors import RetryableError
from core.storage import Storage
from pipelines.photos.developing import VERSION, Developed, develop_image
from pipelines.photos.inspection import inspect_image
from pipelines.photos.object_keys import ORIGINAL, content_key


class ContentGoneError(RetryableError):
    """The content was deleted while it was being kept; that takes an hour's pause in between."""

    code = "photo_content_gone"

    def __init__(self) -> None:
        super().__init__("The photo took too long to keep: try again.")


@dataclass(frozen=True)
class PreparedContent:
    """A content whose objects are in storage; `developed` is None where they were there before."""

    id: UUID
    developed: Developed | None


@dataclass(frozen=True)
class ContentStore:
    """The parts that keeping a content needs. No connection is held while an image is decoded."""

    sessions: SessionFactory
    storage: Storage
    spool: Path

    def prepare(self, data: bytes, now: datetime, announced: str | None = None) -> PreparedContent:
        """Inspect, decode and store an image; nothing shows it before `finish_content`.

        Raises:
            ImageRefusedError: with the code of the reason.
        """
        inspected = inspect_image(data, announced)
        with transaction(self.sessions) as session, platform_step(session, Step.PHOTO):
            content_id, made = _begin(session, sha256(data).digest(), now)
        if made:
            return PreparedContent(content_id, None)
        developed = develop_image(inspected, self.spool)
        self.storage.put(content_key(content_id, ORIGINAL), developed.original)
        for variant in developed.variants:
            self.storage.put(content_key(content_id, variant.name), variant.data)
        return PreparedContent(content_id, developed)


def finish_content(session: Session, prepared: PreparedContent, now: datetime) -> PhotoContent:
    """Note in the caller's transaction that the content's objects are complete, and return its row.

    Raises:
        ContentGoneError: the sweep deleted it in between.
    """
    made = prepared.developed
    if made is not None:
        variants = [
            {"name": each.name, "size": each.size, "width": each.width, "height": each.height} for each in made.variants
        ]
        values = {"width": made.width, "height": made.height, "variants": variants, "version": VERSION}
        complete = {**values, "made_at": now, "touched_at": now}
        session.execute(update(PhotoContent).where(PhotoContent.id == prepared.id).values(complete))
    content = session.get(PhotoContent, prepared.id, with_for_update={"key_share": True}, populate_existing=True)
    if content is None or content.made_at is None:
        raise ContentGoneError
    return content


def _begin(session: Session, digest: bytes, now: datetime) -> tuple[UUID, bool]:
    """Insert or touch the content's row; tell whether its objects are complete and of this version."""
    row = session.execute(
        insert(PhotoContent)
        .values(digest=digest, version=VERSION, touched_at=now)
        .on_conflict_do_update(index_elements=["digest"], set_={"touched_at": now})
        .returning(PhotoContent.id, PhotoContent.made_at, PhotoContent.version)
    ).one()
    return row.id, row.made_at is not None and row.version == VERSION
