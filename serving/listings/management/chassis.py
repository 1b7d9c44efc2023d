"""State, correct and take away the chassis number of one listing, as its owner types it."""

from collections.abc import Collection
from typing import Final

from core.db.tables import Listing
from core.db.tables.listing_chassis import ListingChassis
from pipelines.feeds.normalise.chassis import read_chassis_number
from pipelines.listings.chassis.single import ChassisNumbers
from serving.listings.errors import ChassisNotUnderstoodError, FeedStatesChassisError

CHASSIS: Final = "chassis_number"
STATED: Final = "stated"
"""Stands in the audit trail instead of the number."""
_ANOTHER: Final = "another one"


def read_stated(typed: str | None) -> str | None:
    """Return the usual spelling of a number that a person typed.

    Raises:
        ChassisNotUnderstoodError: it is none, or not whole.
    """
    if typed is None:
        return None
    number = read_chassis_number(typed)
    if number is None:
        raise ChassisNotUnderstoodError
    return number


def change_stated(
    numbers: ChassisNumbers, listing: Listing, typed: str | None, let_go: Collection[str]
) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """Put a number in the place of the listing's, and return what the audit trail says of both; nothing if it is equal.

    Letting go takes away what a person stated; a number that the feed states stays.

    Raises:
        ChassisNotUnderstoodError, FeedStatesChassisError: as they say.
    """
    number, row = read_stated(typed), numbers.find(listing)
    if numbers.is_of(row, number):
        return {}, {}
    if _is_of_feed(listing, row):
        if CHASSIS in let_go:
            return {}, {}
        raise FeedStatesChassisError
    numbers.replace(listing, number)
    earlier = None if row is None else STATED
    later = None if number is None else (STATED if row is None else _ANOTHER)
    return {CHASSIS: earlier}, {CHASSIS: later}


def _is_of_feed(listing: Listing, row: ListingChassis | None) -> bool:
    return listing.source == "feed" and row is not None and not row.by_person
