"""SQL of upload addresses; the only writer of `photo_uploads`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.db.locks import lock_name
from core.db.tables.photos import PhotoUpload


class UploadRepository:
    """Addresses that were given out."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, upload: PhotoUpload) -> PhotoUpload:
        """Insert a row; the database gives the id."""
        self._session.add(upload)
        self._session.flush()
        return upload

    def of(self, upload_id: UUID, listing_id: UUID, purpose: str) -> PhotoUpload | None:
        """Read an upload of this listing."""
        query = select(PhotoUpload).filter_by(id=upload_id, listing_id=listing_id, purpose=purpose)
        return self._session.scalars(query).first()

    def get(self, upload_id: UUID) -> PhotoUpload | None:
        """Read an upload."""
        return self._session.get(PhotoUpload, upload_id)

    def lock_uploader(self, uploader: str) -> None:
        """Wait until no other transaction counts this uploader's addresses."""
        lock_name(self._session, f"photo uploads {uploader}")

    def count_since(self, uploader: str, since: datetime) -> int:
        """Count the upload addresses that were given to the person since a time."""
        query = select(func.count()).where(PhotoUpload.uploader == uploader, PhotoUpload.created_at > since)
        return self._session.scalar(query) or 0

    def count_open(self, listing_id: UUID, now: datetime) -> int:
        """Count the listing's addresses for photos that can still become photos."""
        query = select(func.count()).where(
            PhotoUpload.listing_id == listing_id,
            PhotoUpload.purpose == "photo",
            PhotoUpload.confirmed_at.is_(None),
            PhotoUpload.expires_at > now,
        )
        return self._session.scalar(query) or 0

    def older_than(self, before: datetime, most: int) -> list[UUID]:
        """Lock and list uploads that were opened before then."""
        query = select(PhotoUpload.id).where(PhotoUpload.created_at < before).order_by(PhotoUpload.created_at)
        return list(self._session.scalars(query.limit(most).with_for_update(skip_locked=True)))

    def delete(self, ids: Sequence[UUID]) -> None:
        """Delete rows."""
        self._session.execute(delete(PhotoUpload).where(PhotoUpload.id.in_(ids)))
