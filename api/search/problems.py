"""Problems of the search operations."""

from core.errors import AutomartError
from core.search.errors import SearchUnavailableError
from serving.identity.errors import PeopleOnlyError
from serving.search.recent import UnknownRecentSearchError
from serving.search.saved.errors import (
    BadSavedSearchError,
    SearchTooWideError,
    TooManySavedSearchesError,
    UnknownSavedSearchError,
)
from serving.search.saved.keeping import MOST
from serving.search.tokens import SearchTokensOffError, SearchTokensUnavailableError

TOKENS: tuple[AutomartError, ...] = (SearchTokensOffError(), SearchTokensUnavailableError(), PeopleOnlyError())
OWN: tuple[AutomartError, ...] = (PeopleOnlyError(),)
_ASKED: tuple[AutomartError, ...] = (
    BadSavedSearchError("`price_max`: Input should be a whole number in plain digits"),
    SearchTooWideError(),
    SearchUnavailableError(),
)
SAVE: tuple[AutomartError, ...] = (*OWN, *_ASKED, TooManySavedSearchesError(MOST))
CHANGE: tuple[AutomartError, ...] = (*OWN, *_ASKED, UnknownSavedSearchError())
DELETE: tuple[AutomartError, ...] = (*OWN, UnknownSavedSearchError())
FORGET: tuple[AutomartError, ...] = (*OWN, UnknownRecentSearchError())
PROBLEMS = (*TOKENS, *SAVE, *CHANGE, *FORGET)
