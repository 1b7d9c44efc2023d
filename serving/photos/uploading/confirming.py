"""Confirm uploads: what was uploaded is read once, checked, drawn anew, and kept where no upload address can write.

In three steps, so that no connection is held while bytes are read or decoded: `begin` (the caller's right, the bytes),
`ContentStore.prepare` or `develop_image` (the decoder), `finish` (the photo). A confirmation that was cut off is
repeated; one that had succeeded gives the same photo.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import Step, platform_step, transaction_for
from core.db.session import SessionFactory
from core.db.tables.photos import ListingDocument, ListingPhoto, PhotoUpload
from core.errors import AutomartError
from core.storage import ObjectNotFoundError, ObjectTooLargeError, StorageUnavailableError
from pipelines.photos.contents import ContentStore, PreparedContent, finish_content
from pipelines.photos.developing import Developed
from pipelines.photos.errors import ImageFileTooLargeError, ImageRefusedError
from pipelines.photos.object_keys import document_key, upload_key
from pipelines.photos.repository import PhotoRepository
from pipelines.photos.uploads import UploadRepository
from serving.photos.access import find_owned
from serving.photos.errors import (
    DocumentNotFoundError,
    NotUploadedError,
    PhotoNotFoundError,
    TooManyPhotosError,
)
from serving.photos.uploading.redrawing import decoding_turn, redrawn
from serving.photos.uploading.uploads import PERMISSIONS, Desk, record_upload


@dataclass(frozen=True)
class Confirmation:
    """A caller that confirms one upload of a listing."""

    principal: Principal
    listing_id: UUID
    upload_id: UUID
    purpose: str


def confirm_photo(sessions: SessionFactory, desk: Desk, confirmation: Confirmation) -> UUID:
    """Make a photo of an upload, unless it is one already, and return its id.

    Raises:
        ForbiddenError, ListingNotFoundError, PhotoNotFoundError: it is not the caller's to confirm, or unknown.
        NotUploadedError: nothing was uploaded yet.
        ImageRefusedError: what was uploaded is no image that is taken; it is deleted.
        TooManyPhotosError, PhotosBusyError, StorageUnavailableError: as they say.
    """
    upload = _begin(sessions, confirmation)
    if upload.confirmed_at is None:
        store = ContentStore(sessions, desk.storage, desk.settings.spool_dir)
        with _deleted_when_decided(desk, upload.id):
            data = _read(desk, upload.id)
            with decoding_turn():
                prepared = store.prepare(data, desk.addresses.now, upload.content_type)
            with transaction_for(sessions, confirmation.principal) as session:
                _keep_photo(session, desk, confirmation, prepared)
    return upload.id


def confirm_document(sessions: SessionFactory, desk: Desk, confirmation: Confirmation) -> UUID:
    """Make a document of an upload, as `confirm_photo` makes a photo; no variants are made of it."""
    upload = _begin(sessions, confirmation)
    if upload.confirmed_at is None:
        with _deleted_when_decided(desk, upload.id):
            data = _read(desk, upload.id)
            developed = redrawn(data, upload.content_type, desk.settings.spool_dir)
            desk.storage.put(document_key(upload.id), developed.original)
            with transaction_for(sessions, confirmation.principal) as session:
                _keep_document(session, confirmation, desk.addresses.now, sha256(data).digest(), developed)
    return upload.id


def _begin(sessions: SessionFactory, confirmation: Confirmation) -> PhotoUpload:
    with transaction_for(sessions, confirmation.principal) as session:
        return _upload(session, confirmation)


def _upload(session: Session, confirmation: Confirmation) -> PhotoUpload:
    find_owned(session, confirmation.principal, confirmation.listing_id, PERMISSIONS[confirmation.purpose])
    found = UploadRepository(session).of(confirmation.upload_id, confirmation.listing_id, confirmation.purpose)
    if found is None:
        raise _unknown(confirmation)
    return found


def _unknown(confirmation: Confirmation) -> AutomartError:
    return PhotoNotFoundError() if confirmation.purpose == "photo" else DocumentNotFoundError(confirmation.upload_id)


def _read(desk: Desk, upload_id: UUID) -> bytes:
    """Read what was uploaded once; from here on nothing that is written to the address matters."""
    try:
        return desk.storage.get_at_most(upload_key(upload_id), desk.max_bytes)
    except ObjectNotFoundError:
        raise NotUploadedError from None
    except ObjectTooLargeError:
        raise ImageFileTooLargeError(desk.max_bytes) from None


@contextmanager
def _deleted_when_decided(desk: Desk, upload_id: UUID) -> Iterator[None]:
    """Delete the uploaded object after a yes or a no; the sweep deletes it where that fails."""
    try:
        yield
    except ImageRefusedError:
        _delete(desk, upload_id)
        raise
    _delete(desk, upload_id)


def _delete(desk: Desk, upload_id: UUID) -> None:
    with suppress(StorageUnavailableError):
        desk.storage.delete(upload_key(upload_id))


def _keep_photo(session: Session, desk: Desk, confirmation: Confirmation, prepared: PreparedContent) -> None:
    owner = find_owned(session, confirmation.principal, confirmation.listing_id, PERMISSIONS["photo"])
    photos = PhotoRepository(session, owner)
    photos.lock()
    upload = _upload(session, confirmation)
    session.refresh(upload)
    if upload.confirmed_at is not None:  # by another call, while this one decoded
        return
    most = desk.settings.photos_per_listing
    if photos.count() >= most:
        raise TooManyPhotosError(most)
    with platform_step(session, Step.PHOTO):
        content = finish_content(session, prepared, desk.addresses.now)
    plates = "pending" if desk.settings.photos_plate_step == "required" else "waived"
    photos.add(ListingPhoto(id=upload.id, origin="upload", slot=upload.kind, plates=plates), content)
    upload.confirmed_at = desk.addresses.now
    record_upload(session, confirmation.principal, "add", upload, owner)


def _keep_document(
    session: Session, confirmation: Confirmation, now: datetime, digest: bytes, developed: Developed
) -> None:
    owner = find_owned(session, confirmation.principal, confirmation.listing_id, PERMISSIONS["document"])
    upload = _upload(session, confirmation)
    session.refresh(upload, with_for_update=True)
    if upload.confirmed_at is not None:
        return
    session.add(
        ListingDocument(
            id=upload.id, listing_id=upload.listing_id, kind=upload.kind, digest=digest, uploader=upload.uploader,
            width=developed.width, height=developed.height,
        )
    )  # fmt: skip
    upload.confirmed_at = now
    record_upload(session, confirmation.principal, "add", upload, owner)
