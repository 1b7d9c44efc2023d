"""Errors of the feeds domain as its senders meet them, one class for each code."""

from uuid import UUID

from core.errors import InvalidInputError, NotFoundError, UnauthenticatedError
from pipelines.feeds.deliveries.spool import FileTooLargeError, NoRoomError
from pipelines.feeds.deliveries.upload import NoMappingError

__all__ = [
    "EmptyFileError",
    "FeedFileNotFoundError",
    "FileTooLargeError",
    "NoMappingError",
    "NoRoomError",
    "TokenMissingError",
    "TokenRefusedError",
]


class FeedFileNotFoundError(NotFoundError):
    """There is no such file of this dealer."""

    code = "feed_file_not_found"

    def __init__(self, file_id: UUID) -> None:
        super().__init__(f"There is no file {file_id} of this dealer.")


class EmptyFileError(InvalidInputError):
    """The delivery has no bytes."""

    code = "empty_file"

    def __init__(self) -> None:
        super().__init__("The body is empty: send the file as the body.")


class TokenMissingError(UnauthenticatedError):
    """The request has no upload token."""

    code = "token_missing"
    challenge = 'Bearer realm="feeds"'

    def __init__(self) -> None:
        super().__init__("Send the dealer's upload token: Authorization: Bearer TOKEN.")


class TokenRefusedError(UnauthenticatedError):
    """The upload token is not one of this dealer's."""

    code = "token_refused"
    challenge = 'Bearer realm="feeds", error="invalid_token"'

    def __init__(self) -> None:
        super().__init__("This is not a token of this dealer, or it was revoked: ask for a new one.")
