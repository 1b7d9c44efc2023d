"""The errors of search: what is wrong with a question, and why there is no answer."""

from core.errors import ConflictError, InvalidInputError, RetryableError


class InvalidCursorError(InvalidInputError):
    """The cursor is not one of this search."""

    code = "invalid_cursor"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The cursor cannot be used. {reason}: start again without a cursor, and pass on next_cursor as it is."
        )


class InvalidRangeError(InvalidInputError):
    """The lower bound is above the upper one."""

    code = "invalid_range"

    def __init__(self, field: str, low: float, high: float) -> None:
        super().__init__(f"{field}_min {low} is above {field}_max {high}: swap them or drop one.")


class InvalidPointError(InvalidInputError):
    """The point is not on the globe."""

    code = "invalid_point"

    def __init__(self, latitude: float, longitude: float) -> None:
        super().__init__(f"There is no point {latitude}, {longitude}: give -90 to 90 and -180 to 180 degrees.")


class MissingOriginError(InvalidInputError):
    """Distances need a point to start from."""

    code = "missing_origin"

    def __init__(self, asked: str = "The order by distance") -> None:
        super().__init__(f"{asked} needs a point: give a city or latitude and longitude.")


class UnknownCityError(InvalidInputError):
    """The city is not in the list of places."""

    code = "unknown_city"

    def __init__(self, city: str) -> None:
        super().__init__(
            f"We do not know where {city!r} is: name a bigger town near it, or give latitude and longitude."
        )


class SemanticNotInstalledError(InvalidInputError):
    """The extra for search by meaning is not installed."""

    code = "semantic_not_installed"

    def __init__(self) -> None:
        super().__init__(
            "Search by meaning is not installed here: install the extra `semantic`, run `automart search embed`, or"
            " leave mode=hybrid out."
        )


class NoPreviousIndexError(ConflictError):
    """No index is kept that a rollback could bring back."""

    code = "no_previous_index"

    def __init__(self) -> None:
        super().__init__("There is no previous search index to go back to: one is kept from each rebuild on.")


class IndexNotWritableError(RetryableError):
    """The index cannot be written to, as on a full disk."""

    code = "index_not_writable"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The search index cannot be written to, and is as it was: {reason}. Is its disk full?")


class SearchUnavailableError(RetryableError):
    """There is no index, or its server does not answer."""

    code = "search_unavailable"

    def __init__(
        self, detail: str = "There is no search index that can be read: run `automart search sync` to build it."
    ) -> None:
        super().__init__(detail)
