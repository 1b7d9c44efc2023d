"""Errors of the listings domain, one class for each code."""

from uuid import UUID

from core.errors import InvalidInputError, NotFoundError, RetryableError


class ListingNotFoundError(NotFoundError):
    """There is no such live listing, or the caller may not know of it."""

    code = "listing_not_found"

    def __init__(self, listing_id: UUID) -> None:
        super().__init__(f"There is no listing {listing_id}; it may have been sold or withdrawn.")


class HybridNeedsWordsError(InvalidInputError):
    """A search by meaning needs words, and the order by relevance."""

    code = "hybrid_needs_words"

    def __init__(self) -> None:
        super().__init__("mode=hybrid needs words in q and the order by relevance.")


class TwoOriginsError(InvalidInputError):
    """Both a point and a city were given to start distances from."""

    code = "two_origins"

    def __init__(self) -> None:
        super().__init__("Give near or near_city, not both.")


class NoVectorsError(RetryableError):
    """The listings have no vectors yet for a search by meaning."""

    code = "no_vectors"

    def __init__(self) -> None:
        super().__init__("There are no vectors of the listings: run `automart search embed`.")
