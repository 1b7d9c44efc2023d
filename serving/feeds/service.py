"""Serve the senders of feeds: check their rights, keep their files, show the state of a file."""

from dataclasses import replace
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
from pipelines.feeds.deliveries.upload import Upload as NamedUpload
from pipelines.feeds.deliveries.upload import register_upload
from pipelines.feeds.readers.limits import limits_of
from serving.feeds.declarations import UPLOAD_FEEDS
from serving.feeds.errors import FeedFileNotFoundError
from serving.feeds.repository import UploadRepository
from serving.identity.orgs import find_org

Upload = HashingUpload
"""A file on its way in."""


def require_sender(session: Session, principal: Principal, dealer: str) -> None:
    """Check that the caller may upload for this dealer; a foreign dealer and one that is unknown are refused alike.

    Raises:
        ForbiddenError, UnknownOrgError: see `serving.identity.orgs.find_org`.
    """
    find_org(session, principal, dealer, UPLOAD_FEEDS)


def open_upload(settings: Settings) -> Upload:
    """Open an empty file on disk that takes an upload, up to the size that the settings allow.

    Raises:
        NoRoomError: the disk does not take it.
    """
    return HashingUpload(settings.spool_dir, limits_of(settings).file_bytes)


def keep_upload(session: Session, storage: Storage, *, dealer: str, name: str, data: Upload) -> Registration:
    """Register an upload, to be read by the dealer's own mapping.

    Raises:
        NoMappingError: it is not known yet how this dealer's files are read.
    """
    registered = register_upload(session, storage, NamedUpload(dealer, name, data), utc_now())
    if not registered.resent:
        file = registered.file
        act = Act("feeds.upload", "feed_file", str(file.id), file.org_id, after={"bytes": data.size})
        record(session, replace(Actor.system(f"upload token of {dealer}"), orgs=(file.org_id,)), act)
    return registered


def get_feed_file(session: Session, dealer: str, file_id: UUID) -> FeedFile:
    """Return one of the dealer's own files.

    Raises:
        FeedFileNotFoundError: also where it is another dealer's.
    """
    file = UploadRepository(session).file(dealer, file_id)
    if file is None:
        raise FeedFileNotFoundError(file_id)
    return file
