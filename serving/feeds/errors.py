"""Errors of the feeds domain as its senders meet them, one class for each code."""

from uuid import UUID

from core.errors import InvalidInputError, NotFoundError
from pipelines.feeds.deliveries.spool import FileTooLargeError, NoRoomError
from pipelines.feeds.deliveries.upload import NoMappingError

__all__ = [
    "EmptyFileError",
    "FeedFileNotFoundError",
    "FileTooLargeError",
    "NoMappingError",
    "NoRoomError",
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
