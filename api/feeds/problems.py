"""Problems of the feeds operations."""

from uuid import UUID

from api.problems import HttpProblemError, UploadCutShortError, UploadTooSlowError
from core.storage import StorageUnavailableError
from serving.feeds.errors import (
    EmptyFileError,
    FeedFileNotFoundError,
    FileTooLargeError,
    NoMappingError,
    NoRoomError,
)
from serving.identity.orgs import UnknownOrgError

EXAMPLE_FILE_ID = UUID("0198c1f2-6a3e-7c4d-9b1a-2f6d1c0e8a77")


class NotTheFileItselfError(HttpProblemError):
    """The body is a form with the file in it."""

    code = "not_the_file_itself"
    http_status = 415

    def __init__(self) -> None:
        super().__init__("Send the file itself as the body (curl --data-binary @FILE), not a form.")


SENDER_PROBLEMS = (UnknownOrgError(),)
DELIVERY_PROBLEMS = (
    *SENDER_PROBLEMS,
    NotTheFileItselfError(),
    FileTooLargeError(536_870_912),
    UploadTooSlowError(),
    UploadCutShortError(),
    EmptyFileError(),
    NoMappingError("khan-motors"),
    NoRoomError("No space left on device"),
    StorageUnavailableError(),
)
FEED_FILE_NOT_FOUND = FeedFileNotFoundError(EXAMPLE_FILE_ID)
PROBLEMS = (*DELIVERY_PROBLEMS, FEED_FILE_NOT_FOUND)
