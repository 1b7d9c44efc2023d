"""Give upload addresses, and take in uploads where the storage is a folder."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.permissions import Permission
from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.photos import PhotoUpload
from core.settings import Settings
from core.storage import Storage
from pipelines.photos.object_keys import upload_key
from pipelines.photos.repository import PhotoOwner, PhotoRepository
from pipelines.photos.uploads import UploadRepository
from serving.photos.access import find_owned
from serving.photos.addresses import UPLOAD_LIFETIME, PhotoAddresses, Signature
from serving.photos.declarations import MANAGE_DOCUMENTS, MANAGE_PHOTOS
from serving.photos.errors import (
    TooManyPhotosError,
    TooManyUploadsError,
    UploadAddressRefusedError,
    UploadTooLargeError,
)

PERMISSIONS: dict[str, Permission] = {"photo": MANAGE_PHOTOS, "document": MANAGE_DOCUMENTS}


@dataclass(frozen=True)
class UploadRequest:
    """A request to upload a `photo` with its slot, or a `document` with its kind."""

    purpose: str
    kind: str
    content_type: str | None = None
    size_bytes: int | None = None


@dataclass(frozen=True)
class UploadAddress:
    """An address to PUT one file to; `id` is that of the photo or document that it becomes when it is confirmed."""

    id: UUID
    url: str
    expires_at: datetime
    max_bytes: int


@dataclass(frozen=True)
class Desk:
    """The opened parts that uploads need."""

    storage: Storage
    settings: Settings
    addresses: PhotoAddresses

    @property
    def max_bytes(self) -> int:
        """The most bytes of a photo or a document."""
        return self.settings.photos_max_mb * 1_000_000


def open_upload(
    session: Session, desk: Desk, principal: Principal, listing_id: UUID, wanted: UploadRequest
) -> UploadAddress:
    """Give an address for one upload to a listing of the caller's.

    Raises:
        ForbiddenError, ListingNotFoundError: see `find_owned`.
        UploadTooLargeError: the announced size is more than is taken.
        TooManyPhotosError, TooManyUploadsError: as they say.
    """
    owner = find_owned(session, principal, listing_id, PERMISSIONS[wanted.purpose])
    if wanted.size_bytes is not None and wanted.size_bytes > desk.max_bytes:
        raise UploadTooLargeError(desk.max_bytes)
    now, uploads, uploader = desk.addresses.now, UploadRepository(session), uploader_of(principal)
    uploads.lock_uploader(uploader)
    most_uploads = desk.settings.photos_uploads_per_day
    if uploads.count_since(uploader, now - timedelta(days=1)) >= most_uploads:
        raise TooManyUploadsError(most_uploads)
    if wanted.purpose == "photo":
        photos, most = PhotoRepository(session, owner), desk.settings.photos_per_listing
        photos.lock()
        if photos.count() + uploads.count_open(listing_id, now) >= most:
            raise TooManyPhotosError(most)
    upload = uploads.add(
        PhotoUpload(
            purpose=wanted.purpose, listing_id=listing_id, uploader=uploader, kind=wanted.kind,
            content_type=wanted.content_type, expires_at=now + UPLOAD_LIFETIME, created_at=now,
        )
    )  # fmt: skip
    record_upload(session, principal, "announce", upload, owner)
    signed = desk.storage.upload_address(upload_key(upload.id), UPLOAD_LIFETIME)
    url = signed or desk.addresses.of_upload(upload.id)
    return UploadAddress(upload.id, url, upload.expires_at, desk.max_bytes)


def require_open_upload(session: Session, addresses: PhotoAddresses, upload_id: UUID, given: Signature) -> None:
    """Check an address of our own before a byte of its body is read.

    Raises:
        UploadAddressRefusedError: it is none of ours, has ended, or its upload was confirmed.
    """
    if not addresses.is_signed("upload", str(upload_id), given):
        raise UploadAddressRefusedError
    with platform_step(session, Step.PHOTO):
        upload = UploadRepository(session).get(upload_id)
    if upload is None or upload.confirmed_at is not None:
        raise UploadAddressRefusedError


def keep_upload(storage: Storage, upload_id: UUID, body: IO[bytes]) -> None:
    """Write an upload under the key of its address; nothing is served from there."""
    storage.put(upload_key(upload_id), body)


def record_upload(session: Session, principal: Principal, verb: str, upload: PhotoUpload, owner: PhotoOwner) -> None:
    """Record what the caller did with an upload of a photo or a document."""
    after = {"listing_id": str(owner.id), "kind": upload.kind}
    act = Act(f"{upload.purpose}s.{verb}", upload.purpose, str(upload.id), owner.org_id, after=after)
    record(session, Actor.of(principal), act)


def uploader_of(principal: Principal) -> str:
    """Name the caller by kind and id, for counting its uploads."""
    actor = Actor.of(principal)
    system = principal.service_account
    return f"{actor.kind}:{actor.name}" if system is None else f"system:{system.org_code}/{system.name}"
