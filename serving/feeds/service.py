"""What the senders of feeds ask: may I, and what became of it."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.db.tables import FeedFile
from core.errors import NotFoundError
from core.security.tokens import token_matches
from serving.feeds.repository import UploadRepository


def may_upload(session: Session, dealer: str, token: str) -> bool:
    """Whether the token is one of this dealer's. A dealer whom we do not know has none: the answer is the same."""
    return token_matches(token, UploadRepository(session).token_hashes(dealer))


def get_feed_file(session: Session, dealer: str, file_id: UUID) -> FeedFile:
    """One of the dealer's own files.

    Raises:
        NotFoundError: `feed_file_not_found`, also where it is another dealer's.
    """
    file = UploadRepository(session).file(dealer, file_id)
    if file is None:
        raise NotFoundError(f"There is no file {file_id} of this dealer.", code="feed_file_not_found")
    return file
