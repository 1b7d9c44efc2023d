"""Problems of the photos operations."""

from api.contract.problems import UploadCutShortError, UploadTooSlowError
from api.parameters import EXAMPLE_LISTING_ID
from core.errors import AutomartError
from core.storage import StorageUnavailableError
from serving.identity.orgs.orgs import UnknownOrgError
from serving.listings.errors import ListingNotFoundError
from serving.photos.errors import (
    ALL_REFUSALS,
    AppealNotOpenError,
    AppealOpenError,
    BoxOutsideError,
    ContentGoneError,
    ContestNotFoundError,
    ContestNotOpenError,
    CopyContestedError,
    CopyNotFoundError,
    DocumentNotFoundError,
    NothingCoveredError,
    NotUploadedError,
    OrderIncompleteError,
    PhotoNotFoundError,
    PhotosBusyError,
    TooManyBoxesError,
    TooManyPhotosError,
    TooManyUploadsError,
    UploadAddressRefusedError,
    UploadTooLargeError,
)

_LISTING = ListingNotFoundError(EXAMPLE_LISTING_ID)
_STORAGE = StorageUnavailableError()
_DOCUMENT = DocumentNotFoundError(EXAMPLE_LISTING_ID)
_DECODING: tuple[AutomartError, ...] = (NotUploadedError(), *ALL_REFUSALS, PhotosBusyError(), _STORAGE)

LISTING_PROBLEMS: tuple[AutomartError, ...] = (_LISTING,)
PHOTO_PROBLEMS: tuple[AutomartError, ...] = (_LISTING, PhotoNotFoundError())
ORDER_PROBLEMS: tuple[AutomartError, ...] = (_LISTING, OrderIncompleteError())
APPEAL_PROBLEMS: tuple[AutomartError, ...] = (*PHOTO_PROBLEMS, NothingCoveredError(), AppealOpenError())
DECISION_PROBLEMS: tuple[AutomartError, ...] = (*PHOTO_PROBLEMS, AppealNotOpenError())
BOXES_PROBLEMS: tuple[AutomartError, ...] = (*PHOTO_PROBLEMS, BoxOutsideError(1600, 1200), TooManyBoxesError(20))
COPIES_PROBLEMS: tuple[AutomartError, ...] = (UnknownOrgError(),)
CONTEST_PROBLEMS: tuple[AutomartError, ...] = (*COPIES_PROBLEMS, CopyNotFoundError(), CopyContestedError())
CONTEST_DECISION_PROBLEMS: tuple[AutomartError, ...] = (ContestNotFoundError(), ContestNotOpenError())
OPEN_PROBLEMS: tuple[AutomartError, ...] = (
    _LISTING,
    UploadTooLargeError(20_000_000),
    TooManyUploadsError(500),
    _STORAGE,
)
OPEN_PHOTO_PROBLEMS: tuple[AutomartError, ...] = (*OPEN_PROBLEMS, TooManyPhotosError(40))
CONFIRM_PROBLEMS: tuple[AutomartError, ...] = (*PHOTO_PROBLEMS, *_DECODING, TooManyPhotosError(40), ContentGoneError())
DOCUMENT_PROBLEMS: tuple[AutomartError, ...] = (_LISTING, _DOCUMENT)
CONFIRM_DOCUMENT_PROBLEMS: tuple[AutomartError, ...] = (*DOCUMENT_PROBLEMS, *_DECODING)
READ_DOCUMENT_PROBLEMS: tuple[AutomartError, ...] = (*DOCUMENT_PROBLEMS, _STORAGE)
SERVING_PROBLEMS: tuple[AutomartError, ...] = (PhotoNotFoundError(), _STORAGE)
UPLOAD_PROBLEMS: tuple[AutomartError, ...] = (
    UploadAddressRefusedError(),
    UploadTooLargeError(20_000_000),
    UploadTooSlowError(),
    UploadCutShortError(),
    _STORAGE,
)
PROBLEMS = (
    *CONFIRM_PROBLEMS,
    *OPEN_PROBLEMS,
    *ORDER_PROBLEMS,
    *CONFIRM_DOCUMENT_PROBLEMS,
    *UPLOAD_PROBLEMS,
    *APPEAL_PROBLEMS,
    *DECISION_PROBLEMS,
    *BOXES_PROBLEMS,
    *CONTEST_PROBLEMS,
    *CONTEST_DECISION_PROBLEMS,
)
