"""Describe a search as a value: words, filters, order, page."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from core.errors import InvalidInputError
from core.search.errors import MissingOriginError
from core.search.filters import ListingFilters
from core.search.places import Point

MAX_LIMIT = 100
MAX_TEXT = 200


class Sort(StrEnum):
    """Order of the hits. Ties go by id; a listing without the sorted value comes after those that have one."""

    RELEVANCE = "relevance"  # exact words, then prefixes, then typos; newest first in each; without text: newest
    NEWEST = "newest"
    PRICE_ASC = "price_asc"
    PRICE_DESC = "price_desc"
    YEAR_ASC = "year_asc"
    YEAR_DESC = "year_desc"
    MILEAGE_ASC = "mileage_asc"
    MILEAGE_DESC = "mileage_desc"
    PHOTOS_DESC = "photos_desc"  # the best photos first
    DISTANCE = "distance"  # nearest place first, newest first within a place; places not in the list come last


class Facet(StrEnum):
    """The fields whose values can be counted."""

    MAKE = "make"
    MODEL = "model"
    VARIANT = "variant"
    YEAR = "year"
    CITY = "city"
    PROVINCE = "province"
    BODY = "body"
    FUEL = "fuel"
    TRANSMISSION = "transmission"
    ASSEMBLY = "assembly"
    COLOR = "color"
    DRIVE = "drive"
    SEATS = "seats"
    ENGINE_CC = "engine_cc"
    MILEAGE = "mileage"  # in bands, as `core.search.mileage_bands` writes them
    REGISTERED_IN = "registered_in"
    DEALER = "dealer"
    DEAL_RATING = "deal_rating"
    HAS_GOOD_PHOTOS = "has_good_photos"  # "true" or "false"


NUMBER_FACETS: Final = (Facet.YEAR, Facet.ENGINE_CC)
"""Facets that count the numbers of a range filter as they are."""


@dataclass(frozen=True)
class SearchQuery:
    """One page of a search. `cursor` is what the page before gave as its next; None starts at the top.

    Facets are disjunctive: a facet counts what the search would find without the filter on that very field (for
    a range: without both of its bounds), so that a shopper who chose a make still sees the other makes' counts. Every
    other filter, the text and the audience apply. Without a filter on its field a facet counts the hits themselves.

    `popularity` lets it count in the order by relevance (`core.search.ranking`); no other order changes.

    `origin` is where distances of `Sort.DISTANCE` start; without one they start at `filters.near`.

    Raises:
        InvalidInputError: `invalid_limit` or `invalid_text` for values out of bounds, `missing_origin` for an order by
            distance without a point.
    """

    text: str = ""
    filters: ListingFilters = field(default_factory=ListingFilters)
    sort: Sort = Sort.RELEVANCE
    limit: int = 20
    cursor: str | None = None
    facets: tuple[Facet, ...] = ()
    origin: Point | None = None
    popularity: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_LIMIT:
            raise InvalidInputError(f"The limit is {self.limit}: ask for 1 to {MAX_LIMIT} hits.", code="invalid_limit")
        if len(self.text) > MAX_TEXT:
            raise InvalidInputError(
                f"The search text has {len(self.text)} characters: use at most {MAX_TEXT}.", code="invalid_text"
            )
        if self.sort is Sort.DISTANCE and self.start is None:
            raise MissingOriginError

    @property
    def start(self) -> Point | None:
        """The point where distances start."""
        if self.origin is not None:
            return self.origin
        return None if self.filters.near is None else self.filters.near.point

    def filters_of(self, facet: Facet) -> ListingFilters:
        """Return the filters under which a facet counts: all but the one on its own field."""
        return self.filters.without(facet.value)
