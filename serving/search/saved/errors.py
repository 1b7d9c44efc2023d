"""Refusals of saved searches."""

from core.errors import ConflictError, InvalidInputError, NotFoundError


class UnknownSavedSearchError(NotFoundError):
    """The caller has no such saved search."""

    code = "unknown_saved_search"

    def __init__(self) -> None:
        super().__init__("You have no saved search of this id.")


class TooManySavedSearchesError(ConflictError):
    """The caller has as many saved searches as a person may have."""

    code = "too_many_saved_searches"

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} saved searches, the most that a person may have: delete one first.")


class BadSavedSearchError(InvalidInputError):
    """The search is none that GET /v1/listings takes."""

    code = "bad_search"

    def __init__(self, reason: str) -> None:
        super().__init__(f"`search` is the query of GET /v1/listings, as q=civic&city=Lahore: {reason}")


class SearchTooWideError(InvalidInputError):
    """The search asks for every car, or for words that are none."""

    code = "search_too_wide"

    def __init__(self) -> None:
        super().__init__("The search asks for nothing in particular: give at least one filter or one word.")
