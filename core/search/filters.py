"""Filters as a typed tree. An engine compiles the tree to its own query objects; no filter is ever a string.

Callers fill in `ListingFilters`; `tree()` gives the nodes. Audiences (`core.search.query`) speak the same nodes, so
that an engine has one thing to compile and nothing to forget.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from core.errors import InvalidInputError
from core.search.text import fold
from core.vocabulary import Assembly, Body, Color, Fuel, Transmission


class TermField(StrEnum):
    """Fields that hold one of several exact values; free names are stored folded (`core.search.text.fold`)."""

    MAKE = "make"
    MODEL = "model"
    CITY = "city"
    PROVINCE = "province"
    BODY = "body"
    FUEL = "fuel"
    TRANSMISSION = "transmission"
    ASSEMBLY = "assembly"
    COLOR = "color"
    DEALER = "dealer"
    VISIBILITY = "visibility"
    CHANNEL = "channel"
    ORG = "org"


class NumberField(StrEnum):
    """Fields with a quantity."""

    YEAR = "year"
    PRICE = "price"  # whole rupees
    MILEAGE = "mileage"  # kilometres


@dataclass(frozen=True)
class AnyOf:
    """The field holds one of the values."""

    field: TermField
    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    """The field is known and lies within the bounds, both included; None leaves a side open."""

    field: NumberField
    low: int | None
    high: int | None


@dataclass(frozen=True)
class AllOf:
    """Every part holds; no parts hold for everything."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class SomeOf:
    """At least one part holds; no parts hold for nothing."""

    parts: tuple[Filter, ...]


Filter = AnyOf | Between | AllOf | SomeOf


@dataclass(frozen=True)
class ListingFilters:
    """What a shopper narrows by. Values within a field are alternatives; fields add up.

    A listing without a price (or mileage) is in no price (or mileage) range.

    Raises:
        InvalidInputError: `invalid_range` where a lower bound is above its upper one.
    """

    make: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    city: tuple[str, ...] = ()
    province: tuple[str, ...] = ()
    body: tuple[Body, ...] = ()
    fuel: tuple[Fuel, ...] = ()
    transmission: tuple[Transmission, ...] = ()
    assembly: tuple[Assembly, ...] = ()
    color: tuple[Color, ...] = ()
    dealer: tuple[str, ...] = ()  # org codes
    year_min: int | None = None
    year_max: int | None = None
    price_min: int | None = None
    price_max: int | None = None
    mileage_min: int | None = None
    mileage_max: int | None = None

    def __post_init__(self) -> None:
        for field, low, high in self._ranges():
            if low is not None and high is not None and low > high:
                raise InvalidInputError(
                    f"{field.value}_min {low} is above {field.value}_max {high}: swap them or drop one.",
                    code="invalid_range",
                )

    def tree(self) -> AllOf:
        """The filters as nodes."""
        terms = ((TermField(name), getattr(self, name)) for name in _TERM_NAMES)
        chosen = (AnyOf(field, tuple(fold(value) for value in values)) for field, values in terms if values)
        ranges = (Between(*bounds) for bounds in self._ranges() if bounds[1] is not None or bounds[2] is not None)
        return AllOf((*chosen, *ranges))

    def _ranges(self) -> Iterator[tuple[NumberField, int | None, int | None]]:
        yield NumberField.YEAR, self.year_min, self.year_max
        yield NumberField.PRICE, self.price_min, self.price_max
        yield NumberField.MILEAGE, self.mileage_min, self.mileage_max


_TERM_NAMES = (
    "make",
    "model",
    "city",
    "province",
    "body",
    "fuel",
    "transmission",
    "assembly",
    "color",
    "dealer",
)
