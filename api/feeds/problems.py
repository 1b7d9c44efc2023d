"""Problems of the feeds operations."""

from uuid import UUID

from api.contract.problems import HttpProblemError, UploadCutShortError, UploadTooSlowError
from core.storage import StorageUnavailableError
from serving.feeds.errors import (
    BadMappingError,
    CredentialOfOthersError,
    EmptyFileError,
    FeedFileNotFoundError,
    FeedRequestNotFoundError,
    FeedSourceNotFoundError,
    FileNotSuggestedError,
    FileTooLargeError,
    MappingExistsError,
    MappingNotFoundError,
    NoMappingError,
    NoRoomError,
    SourceExistsError,
    SourceRefusedError,
    TooManyMappingsError,
    TooManyPreviewsError,
)
from serving.identity.orgs.orgs import UnknownOrgError

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
FEED_REQUEST_NOT_FOUND = FeedRequestNotFoundError(EXAMPLE_FILE_ID)
DECISION_PROBLEMS = (*SENDER_PROBLEMS, FEED_FILE_NOT_FOUND)
MAPPING_NOT_FOUND = MappingNotFoundError("There is no mapping 'khan-motors'; the known ones are classifieds, …")
PREVIEW_PROBLEMS = (*DELIVERY_PROBLEMS, MAPPING_NOT_FOUND, TooManyPreviewsError("khan-motors", 10))
SUGGEST_PROBLEMS = (
    *(each for each in DELIVERY_PROBLEMS if not isinstance(each, NoMappingError | StorageUnavailableError)),
    FileNotSuggestedError("No column names the make of a car, or a title with it."),
)
MAPPING_PROBLEMS = (*SENDER_PROBLEMS, StorageUnavailableError())
KEEPING_PROBLEMS = (
    *MAPPING_PROBLEMS,
    BadMappingError("The mapping 'khan-motors' cannot be used: key: Field required."),
    TooManyMappingsError("50 mappings are kept already: change one of them."),
    MappingExistsError("There is a mapping 'khan-motors' of version 1: raise the version in the new one, …"),
)
FEED_SOURCE_NOT_FOUND = FeedSourceNotFoundError(EXAMPLE_FILE_ID)
ADDING_PROBLEMS = (
    *MAPPING_PROBLEMS,
    MAPPING_NOT_FOUND,
    NoMappingError("khan-motors"),
    CredentialOfOthersError("khan-motors"),
    SourceRefusedError("An SFTP source needs the fingerprint of its server's key, …"),
    SourceExistsError("https://dealer.example/stock.csv is a source of khan-motors already."),
)
PROBLEMS = (
    *DELIVERY_PROBLEMS,
    FEED_FILE_NOT_FOUND,
    FEED_REQUEST_NOT_FOUND,
    *SUGGEST_PROBLEMS,
    *KEEPING_PROBLEMS,
    *ADDING_PROBLEMS,
    FEED_SOURCE_NOT_FOUND,
    *PREVIEW_PROBLEMS,
)
