"""Describe how a search was understood: chips, each a filter with the words that it was read from."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.search.query import Sort


class ChipField(StrEnum):
    """The subject of a chip; `literal` takes these names."""

    MAKE = "make"
    MODEL = "model"
    YEAR = "year"
    PRICE = "price"
    MILEAGE = "mileage"
    ENGINE = "engine_cc"
    SEATS = "seats"
    DRIVE = "drive"
    BODY = "body"
    FUEL = "fuel"
    TRANSMISSION = "transmission"
    ASSEMBLY = "assembly"
    COLOR = "color"
    CITY = "city"
    PROVINCE = "province"
    REGISTERED_IN = "registered_in"
    NOT_MAKE = "not_make"
    NOT_MODEL = "not_model"
    NOT_CITY = "not_city"
    SORT = "sort"


Span = tuple[int, int]


@dataclass(frozen=True)
class Chip:
    """One thing that words were read as: filters by their names in `ListingFilters`, or an order."""

    field: ChipField
    spans: tuple[Span, ...]
    filters: dict[str, Any]
    wider: tuple[dict[str, Any], ...] = ()  # for a number that was named without a bound: what else is near it
    sort: Sort | None = None


@dataclass(frozen=True)
class Note:
    """Words that were understood and can be no filter, such as "genuine"."""

    text: str
    span: Span


@dataclass(frozen=True)
class Word:
    """A word that is left for the engine to find, as it is looked for, and whether the stock's names have it."""

    text: str
    span: Span
    known: bool


@dataclass(frozen=True)
class Reading:
    """A search as it was read."""

    chips: tuple[Chip, ...] = ()
    notes: tuple[Note, ...] = ()
    words: tuple[Word, ...] = ()
    asks: bool = field(default=False)  # whether there was any word at all, fillers included
    passed: int = 0  # words that ask for nothing

    @property
    def text(self) -> str:
        """The words that are left, as the engine takes them."""
        return " ".join(word.text for word in self.words)
