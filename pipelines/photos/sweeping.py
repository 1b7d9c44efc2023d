"""Delete what is left over: uploads after a day, contents that nothing shows, deleted documents, and spool folders.

Objects are deleted while their row is locked and before it goes, so a sweep that is killed is only repeated.
"""

import shutil
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from core.db.tables.photos import ListingDocument, PhotoContent
from core.storage import Storage
from pipelines.photos.object_keys import content_prefix, document_key, upload_key
from pipelines.photos.uploads import UploadRepository

UPLOADS_KEPT = timedelta(days=1)
CONTENTS_KEPT = timedelta(hours=1)
BATCH = 100
# A content is marked first, in a transaction of its own: whoever wants to show it from then on makes it anew.
_MARK = text("""
UPDATE photo_contents c SET made_at = NULL WHERE c.id IN (
  SELECT id FROM photo_contents c
  WHERE made_at IS NOT NULL AND touched_at < :before
    AND NOT EXISTS (SELECT 1 FROM listing_photos p WHERE p.content_id = c.id)
    AND NOT EXISTS (SELECT 1 FROM photo_addresses a WHERE a.content_id = c.id)
  ORDER BY touched_at LIMIT :most FOR UPDATE SKIP LOCKED
)
""")
# Addresses whose copy no listing shows any more, and that no live listing names: their content may go.
_FORGET_ADDRESSES = text("""
DELETE FROM photo_addresses a WHERE a.id IN (
  SELECT a.id FROM photo_addresses a
  WHERE a.checked_at < :before AND a.state = 'copied'
    AND NOT EXISTS (SELECT 1 FROM listing_photos p WHERE p.address_id = a.id)
  LIMIT :most FOR UPDATE SKIP LOCKED
)
""")


@dataclass(frozen=True)
class SweepResult:
    """Counts of deleted objects; `more` tells that a batch was full."""

    uploads: int
    contents: int
    documents: int

    @property
    def more(self) -> bool:
        """Whether a batch was full, so that another sweep has work at once."""
        return BATCH in (self.uploads, self.contents, self.documents)


def mark_unshown(session: Session, now: datetime) -> None:
    """Mark contents that nothing shows for an hour; `sweep` deletes them in a later transaction."""
    session.execute(_FORGET_ADDRESSES, {"before": now - UPLOADS_KEPT, "most": BATCH})
    session.execute(_MARK, {"before": now - CONTENTS_KEPT, "most": BATCH})


def sweep(session: Session, storage: Storage, now: datetime) -> SweepResult:
    """Delete one batch of each kind, objects first."""
    return SweepResult(_uploads(session, storage, now), _contents(session, storage, now), _documents(session, storage))


def sweep_spool(spool: Path, older_than_seconds: float = 3_600) -> None:
    """Delete the folders of image decoders whose parents were killed."""
    now = time.time()
    for folder in spool.glob("photo-*"):
        if folder.is_dir() and now - folder.stat().st_mtime > older_than_seconds:
            shutil.rmtree(folder, ignore_errors=True)


def _uploads(session: Session, storage: Storage, now: datetime) -> int:
    repository = UploadRepository(session)
    ids = repository.older_than(now - UPLOADS_KEPT, BATCH)
    for upload_id in ids:
        storage.delete(upload_key(upload_id))
    repository.delete(ids)
    return len(ids)


def _contents(session: Session, storage: Storage, now: datetime) -> int:
    query = select(PhotoContent.id).where(PhotoContent.made_at.is_(None), PhotoContent.touched_at < now - CONTENTS_KEPT)
    ids: list[UUID] = list(session.scalars(query.limit(BATCH).with_for_update(skip_locked=True)))
    for content_id in ids:
        for key in list(storage.keys(content_prefix(content_id))):
            storage.delete(key)
    session.execute(delete(PhotoContent).where(PhotoContent.id.in_(ids)))
    return len(ids)


def _documents(session: Session, storage: Storage) -> int:
    query = select(ListingDocument.id).where(ListingDocument.deleted_at.is_not(None))
    ids: list[UUID] = list(session.scalars(query.limit(BATCH).with_for_update(skip_locked=True)))
    for document_id in ids:
        storage.delete(document_key(document_id))
    session.execute(delete(ListingDocument).where(ListingDocument.id.in_(ids)))
    return len(ids)
