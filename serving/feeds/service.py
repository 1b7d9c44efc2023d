"""Serve the senders of feeds: check their tokens, keep their files, show the state of a file."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.access.tenant import Step, platform_step, work_for_org
from core.clock import utc_now
from core.db.tables import FeedFile
from core.security.tokens import token_matches
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.deliveries.register import Registration
from pipelines.feeds.deliveries.spool import HashingUpload
from pipelines.feeds.deliveries.upload import Upload as NamedUpload
from pipelines.feeds.deliveries.upload import register_upload
from pipelines.feeds.readers.limits import limits_of
from serving.feeds.errors import FeedFileNotFoundError, TokenMissingError, TokenRefusedError
from serving.feeds.repository import UploadRepository

Upload = HashingUpload
"""A file on its way in."""


def require_upload_token(session: Session, dealer: str, token: str | None) -> None:
    """Check that the token is one of this dealer's. An unknown dealer has none: the answer is the same.

    Raises:
        TokenMissingError: there is no token.
        TokenRefusedError: it is not this dealer's, or was revoked.
    """
    if token is None:
        raise TokenMissingError
    with platform_step(session, Step.UPLOAD):
        known = UploadRepository(session).token_hashes(dealer)
    if not token_matches(token, known):
        raise TokenRefusedError


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
    _work_for_sender(session, dealer)
    return register_upload(session, storage, NamedUpload(dealer, name, data), utc_now())


def get_feed_file(session: Session, dealer: str, file_id: UUID) -> FeedFile:
    """Return one of the dealer's own files.

    Raises:
        FeedFileNotFoundError: also where it is another dealer's.
    """
    _work_for_sender(session, dealer)
    file = UploadRepository(session).file(dealer, file_id)
    if file is None:
        raise FeedFileNotFoundError(file_id)
    return file


def _work_for_sender(session: Session, dealer: str) -> None:
    """Let the transaction work for the dealer whose token was checked."""
    with platform_step(session, Step.UPLOAD):
        org_id = UploadRepository(session).org_id(dealer)
    if org_id is not None:
        work_for_org(session, org_id)
