"""Serve the senders of feeds: check their rights, keep their files, show the state of a file."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.clock import utc_now
from core.db.tables import FeedFile
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.deliveries.register import Registration
from pipelines.feeds.deliveries.spool import HashingUpload
from pipelines.feeds.deliveries.upload import Upload, register_upload
from pipelines.feeds.readers.limits import limits_of
from serving.feeds.declarations import UPLOAD_FEEDS
from serving.feeds.errors import FeedFileNotFoundError
from serving.feeds.repository import FileQuery, UploadRepository
from serving.identity.orgs.orgs import find_org

__all__ = [
    "FileQuery",
    "HashingUpload",
    "Upload",
    "file_limit",
    "get_feed_file",
    "keep_upload",
    "list_feed_files",
    "open_upload",
    "require_sender",
]


def require_sender(session: Session, principal: Principal, dealer: str) -> None:
    """Check that the caller may upload for this dealer; a foreign dealer and one that is unknown are refused alike.

    Raises:
        ForbiddenError, UnknownOrgError: see `serving.identity.orgs.orgs.find_org`.
    """
    find_org(session, principal, dealer, UPLOAD_FEEDS)


def file_limit(settings: Settings) -> int:
    """Return the most bytes that a delivered file may have."""
    return limits_of(settings).file_bytes


def open_upload(settings: Settings, most: int) -> HashingUpload:
    """Open an empty file on disk that takes an upload of at most so many bytes.

    Raises:
        NoRoomError: the disk does not take it.
    """
    return HashingUpload(settings.spool_dir, most)


def keep_upload(session: Session, storage: Storage, principal: Principal, upload: Upload) -> Registration:
    """Register an upload, to be read by the dealer's own mapping.

    Raises:
        ForbiddenError, UnknownOrgError: see `require_sender`.
        NoMappingError: it is not known yet how this dealer's files are read.
    """
    require_sender(session, principal, upload.dealer)
    registered = register_upload(session, storage, upload, utc_now())
    if not registered.resent:
        file = registered.file
        act = Act("feeds.upload", "feed_file", str(file.id), file.org_id, after={"bytes": upload.data.size})
        record(session, Actor.of(principal), act)
    return registered


def list_feed_files(
    session: Session, principal: Principal, dealer: str, query: FileQuery
) -> tuple[list[FeedFile], UUID | None]:
    """Return the dealer's own files, the newest first, and the cursor of the next page.

    Raises:
        ForbiddenError, UnknownOrgError: see `require_sender`.
    """
    require_sender(session, principal, dealer)
    found = UploadRepository(session).files(dealer, query)
    page = found[: query.limit]
    return page, page[-1].id if len(found) > query.limit else None


def get_feed_file(session: Session, principal: Principal, dealer: str, file_id: UUID) -> FeedFile:
    """Return one of the dealer's own files.

    Raises:
        ForbiddenError, UnknownOrgError: see `require_sender`.
        FeedFileNotFoundError: also where it is another dealer's.
    """
    require_sender(session, principal, dealer)
    file = UploadRepository(session).file(dealer, file_id)
    if file is None:
        raise FeedFileNotFoundError(file_id)
    return file
