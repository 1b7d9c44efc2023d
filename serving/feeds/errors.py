"""Errors of the feeds domain as its senders meet them, one class for each code."""

from uuid import UUID

from core.errors import ConflictError, InvalidInputError, NotFoundError
from pipelines.feeds.deliveries.spool import FileTooLargeError, NoRoomError
from pipelines.feeds.deliveries.upload import NoMappingError

__all__ = [
    "BadMappingError",
    "CredentialOfOthersError",
    "EmptyFileError",
    "FeedFileNotFoundError",
    "FeedRequestNotFoundError",
    "FeedSourceNotFoundError",
    "FileNotSuggestedError",
    "FileTooLargeError",
    "MappingExistsError",
    "MappingNotFoundError",
    "NoMappingError",
    "NoRoomError",
    "SourceExistsError",
    "SourceRefusedError",
]


class FeedFileNotFoundError(NotFoundError):
    """There is no such file of this dealer."""

    code = "feed_file_not_found"

    def __init__(self, file_id: UUID) -> None:
        super().__init__(f"There is no file {file_id} of this dealer.")


class FeedRequestNotFoundError(NotFoundError):
    """There is no such request of this dealer."""

    code = "feed_request_not_found"

    def __init__(self, request_id: UUID) -> None:
        super().__init__(f"There is no request {request_id} of this dealer; requests are kept for 90 days.")


class TooManyPreviewsError(ConflictError):
    """As many previews of the dealer wait as may wait."""

    code = "too_many_previews"

    def __init__(self, dealer: str, most: int) -> None:
        super().__init__(f"{most} previews of {dealer} wait already: wait for their answers.")


class TooManyMappingsError(ConflictError):
    """The dealer keeps as many mappings, or versions of one, as it may."""

    code = "too_many_mappings"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class EmptyFileError(InvalidInputError):
    """The delivery has no bytes."""

    code = "empty_file"

    def __init__(self) -> None:
        super().__init__("The body is empty: send the file as the body.")


class FileNotSuggestedError(InvalidInputError):
    """No mapping can be proposed from the file; the sentence says why."""

    code = "file_not_suggested"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class MappingNotFoundError(NotFoundError):
    """There is no such mapping among the platform's and the dealer's own."""

    code = "unknown_mapping"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class BadMappingError(InvalidInputError):
    """The mapping says something impossible; the sentence says what."""

    code = "bad_mapping"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class MappingExistsError(ConflictError):
    """The platform has a mapping of this name, or the version did not go up."""

    code = "mapping_exists"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class FeedSourceNotFoundError(NotFoundError):
    """There is no such source of this dealer."""

    code = "feed_source_not_found"

    def __init__(self, source_id: UUID) -> None:
        super().__init__(f"There is no source {source_id} of this dealer.")


class SourceExistsError(ConflictError):
    """The address is read for the dealer already."""

    code = "source_exists"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class SourceRefusedError(InvalidInputError):
    """The address may not be read, or its host key or the name of its credential cannot be right."""

    code = "source_refused"

    def __init__(self, why: str) -> None:
        super().__init__(why)


class CredentialOfOthersError(InvalidInputError):
    """The credential is not the dealer's: our server would give another's password away."""

    code = "credential_of_others"

    def __init__(self, dealer: str) -> None:
        super().__init__(f"Sources of {dealer} may log in with the credential {dealer!r} alone; ask us to set it up.")
