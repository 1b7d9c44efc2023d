"""Problems of the listings operations."""

from api.parameters import EXAMPLE_LISTING_ID
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
from serving.listings.errors import HybridNeedsWordsError, ListingNotFoundError, NoVectorsError, TwoOriginsError

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
PROBLEMS = (*SEARCH_PROBLEMS, LISTING_NOT_FOUND)
