"""Problems of the listings operations."""

from api.parameters import EXAMPLE_LISTING_ID
from core.access.acting import NotAMemberError
from core.errors import AutomartError
from core.search.errors import (
    InvalidCursorError,
    InvalidPointError,
    InvalidRangeError,
    MissingOriginError,
    SearchUnavailableError,
    SemanticNotInstalledError,
    UnknownCityError,
)
from serving.identity.errors import PeopleOnlyError
from serving.identity.orgs.orgs import UnknownOrgError
from serving.listings.errors import (
    ChassisNotUnderstoodError,
    FeedStatesChassisError,
    HybridNeedsWordsError,
    IfMatchNeededError,
    ListingChangedError,
    ListingNotFoundError,
    ListingRefusedError,
    MoveRefusedError,
    NoFeedError,
    NotShownThereError,
    NoVectorsError,
    SaleRefusedError,
    TwoOriginsError,
    UnknownBranchError,
)
from serving.moderation.errors import EditBreaksRulesError, EditNeedsReviewError

LISTING_NOT_FOUND = ListingNotFoundError(EXAMPLE_LISTING_ID)
SEARCH_UNAVAILABLE = SearchUnavailableError()
SEARCH_PROBLEMS: tuple[AutomartError, ...] = (
    InvalidCursorError("It is damaged"),
    InvalidRangeError("price", 3_000_000, 2_000_000),
    InvalidPointError(91.0, 74.3),
    UnknownCityError("Atlantis"),
    TwoOriginsError(),
    MissingOriginError(),
    HybridNeedsWordsError(),
    SemanticNotInstalledError(),
    NoVectorsError(),
    SEARCH_UNAVAILABLE,
)
_REFUSED: tuple[AutomartError, ...] = (
    ListingRefusedError("price_too_low", "price_pkr", "The price is too low for a car."),
    NotShownThereError(),
    UnknownBranchError(),
    ChassisNotUnderstoodError(),
)
POST_PROBLEMS: tuple[AutomartError, ...] = (*_REFUSED, PeopleOnlyError(), NotAMemberError())
CHANGE_PROBLEMS: tuple[AutomartError, ...] = (
    *_REFUSED,
    FeedStatesChassisError(),
    LISTING_NOT_FOUND,
    NoFeedError(),
    ListingChangedError(),
    IfMatchNeededError(),
    EditBreaksRulesError([]),
    EditNeedsReviewError([]),
)
MOVE_PROBLEMS: tuple[AutomartError, ...] = (
    LISTING_NOT_FOUND,
    MoveRefusedError("sold", "reserved", ("live",)),
    SaleRefusedError("send them with `to: sold` alone"),
    NoFeedError(),
)
STOCK_PROBLEMS: tuple[AutomartError, ...] = (UnknownOrgError(),)
OWN_ADS_PROBLEMS: tuple[AutomartError, ...] = (PeopleOnlyError(),)
PROBLEMS = (
    *SEARCH_PROBLEMS,
    *POST_PROBLEMS,
    *CHANGE_PROBLEMS,
    *MOVE_PROBLEMS,
    *STOCK_PROBLEMS,
)
