"""Errors of the listings domain, one class for each code."""

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from core.errors import ConflictError, InvalidInputError, NotFoundError, PermanentError, RetryableError


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


class ListingRefusedError(InvalidInputError):
    """The values cannot be a listing; a feed's row of the same values would be rejected too."""

    code = "listing_refused"

    def __init__(self, reason: str, field: str | None, message: str) -> None:
        super().__init__(f"{field or 'The car'}: {message} ({reason})")


class ChassisNotUnderstoodError(InvalidInputError):
    """The chassis number is none, or not whole; the message does not repeat it."""

    code = "chassis_not_understood"

    def __init__(self) -> None:
        super().__init__(
            "chassis_number: give the whole number as the papers state it, a VIN of 17 letters and digits such as"
            " JTDBR32E160098765 or a Japanese frame number such as NZE141-6098765; or leave it out."
        )


class FeedStatesChassisError(InvalidInputError):
    """The feed states the chassis number of its car, and would state it again."""

    code = "feed_states_chassis"

    def __init__(self) -> None:
        super().__init__("The feed states this car's chassis number: correct it in the system that sends the feed.")


class NotShownThereError(InvalidInputError):
    """The car cannot be shown to these people on these products."""

    code = "not_shown_there"

    def __init__(self) -> None:
        super().__init__(
            "A private ad is public or private, on automart alone; wholesale_public cars are on autotrader alone."
        )


class UnknownBranchError(InvalidInputError):
    """The organisation has no such branch, or the caller does not work there."""

    code = "bad_branch"

    def __init__(self) -> None:
        super().__init__("Name a branch of the organisation that you work in.")


class NoFeedError(InvalidInputError):
    """Nothing can be left to a feed: the car came with none, or feeds do not decide about that state."""

    code = "no_feed"

    def __init__(self) -> None:
        super().__init__("Only fields, and the states live and withdrawn, of a feed's cars can be left to the feed.")


class MoveRefusedError(ConflictError):
    """The table of states does not let the caller move the listing so."""

    code = "move_refused"

    def __init__(self, old: str, new: str, possible: Iterable[str]) -> None:
        ways = ", ".join(possible) or "nowhere"
        super().__init__(f"You cannot move a listing that is {old} to {new}. From here you can move it to: {ways}.")


class SaleRefusedError(InvalidInputError):
    """The figures of a sale are impossible, or the caller may not state them."""

    code = "sale_refused"

    def __init__(self, why: str) -> None:
        super().__init__(f"The price and day of a sale: {why}.")


class ListingChangedError(PermanentError):
    """The listing is not as the caller last read it."""

    code = "listing_changed"
    http_status: ClassVar[int] = 412

    def __init__(self) -> None:
        super().__init__("The listing has changed since you read it: read it again, and send its new etag in If-Match.")


class IfMatchNeededError(PermanentError):
    """The change does not say which form of the listing it is made of."""

    code = "if_match_needed"
    http_status: ClassVar[int] = 428

    def __init__(self) -> None:
        super().__init__("Send the etag of what you change, as you read it, in the header If-Match.")
