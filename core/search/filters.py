"""Describe filters as a typed tree. An engine compiles the tree to its own query objects; no filter is ever a string.

Callers fill in `ListingFilters`; `tree()` gives the nodes. An audience becomes the same kind of nodes
(`core.search.audience_filter`), so an engine has one thing to compile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from core.errors import InvalidInputError
from core.prices.deal_ratings import DealRating
from core.search.errors import InvalidRangeError
from core.search.places import Point, city_point
from core.search.words.folding import fold
from core.vocabulary import Assembly, Body, Color, Drive, Fuel, Transmission

_FARTHEST_KM = 20_000


class TermField(StrEnum):
    """Fields that hold one of several exact values; free names are stored folded (`core.search.words.folding.fold`)."""

    MAKE = "make"
    MODEL = "model"
    VARIANT = "variant"
    CITY = "city"
    PROVINCE = "province"
    BODY = "body"
    FUEL = "fuel"
    TRANSMISSION = "transmission"
    ASSEMBLY = "assembly"
    COLOR = "color"
    DRIVE = "drive"
    SEATS = "seats"  # a number, written out
    REGISTERED_IN = "registered_in"
    DEALER = "dealer"
    DEAL_RATING = "deal_rating"
    HAS_PHOTOS = "has_photos"  # "true" or "false"
    HAS_GOOD_PHOTOS = "has_good_photos"  # "true" or "false"
    VISIBILITY = "visibility"
    CHANNEL = "channel"
    ORG = "org"


class NumberField(StrEnum):
    """Fields that hold a number."""

    YEAR = "year"
    PRICE = "price"  # whole rupees
    MILEAGE = "mileage"  # kilometres
    ENGINE_CC = "engine_cc"  # cubic centimetres


@dataclass(frozen=True)
class AnyOf:
    """The field holds one of the values."""

    field: TermField
    values: tuple[str, ...]


@dataclass(frozen=True)
class NoneOf:
    """The field holds none of the values, or is not known."""

    field: TermField
    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    """The field is known and lies within the bounds, both included; None leaves a side open."""

    field: NumberField
    low: int | None
    high: int | None


@dataclass(frozen=True)
class Near:
    """The listing's place (`core.search.places`) is known and at most `radius_km` from the point.

    Raises:
        InvalidInputError: `invalid_radius` where it is not between 0 and 20,000 km.
    """

    point: Point
    radius_km: float

    def __post_init__(self) -> None:
        if not 0 <= self.radius_km <= _FARTHEST_KM:
            raise InvalidInputError(
                f"A radius of {self.radius_km} km: give 0 to {_FARTHEST_KM}.", code="invalid_radius"
            )

    @classmethod
    def city(cls, name: str, radius_km: float) -> Near:
        """Return the circle around a city; raises InvalidInputError `unknown_city`."""
        return cls(city_point(name), radius_km)


@dataclass(frozen=True)
class AllOf:
    """Every part is met; without parts, everything matches."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class SomeOf:
    """At least one part is met; without parts, nothing matches."""

    parts: tuple[Filter, ...]


Filter = AnyOf | NoneOf | Between | Near | AllOf | SomeOf


@dataclass(frozen=True)
class ListingFilters:
    """The filters of a search. Values within a field are alternatives; every field that is given must be met.

    A listing without a price (mileage, engine size) is in no range of it. `not_make` and its like leave out what
    has one of the values; a listing whose city is not known has none of them.

    Raises:
        InvalidInputError: `invalid_range` where a lower bound is above its upper one.
    """

    make: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    variant: tuple[str, ...] = ()
    city: tuple[str, ...] = ()
    province: tuple[str, ...] = ()
    body: tuple[Body, ...] = ()
    fuel: tuple[Fuel, ...] = ()
    transmission: tuple[Transmission, ...] = ()
    assembly: tuple[Assembly, ...] = ()
    color: tuple[Color, ...] = ()
    drive: tuple[Drive, ...] = ()  # of cars whose drive is known
    seats: tuple[int, ...] = ()  # of cars whose seats are known
    registered_in: tuple[str, ...] = ()  # cities, provinces, or "unregistered"
    not_make: tuple[str, ...] = ()
    not_model: tuple[str, ...] = ()
    not_city: tuple[str, ...] = ()
    dealer: tuple[str, ...] = ()  # org codes
    deal_rating: tuple[DealRating, ...] = ()  # a listing without a price or a band has none
    has_photos: bool | None = None
    has_good_photos: bool | None = None  # enough of them are good; false also where none was judged
    year_min: int | None = None
    year_max: int | None = None
    price_min: int | None = None
    price_max: int | None = None
    mileage_min: int | None = None
    mileage_max: int | None = None
    engine_cc_min: int | None = None
    engine_cc_max: int | None = None
    near: Near | None = None

    def __post_init__(self) -> None:
        for field, low, high in self._ranges():
            if low is not None and high is not None and low > high:
                raise InvalidRangeError(field.value, low, high)

    def tree(self) -> AllOf:
        """Return the filters as nodes."""
        terms = ((TermField(name), getattr(self, name)) for name in _TERM_NAMES)
        chosen = (AnyOf(field, _folded(values)) for field, values in terms if values)
        denied = ((TermField(name), getattr(self, f"{DENIAL}{name}")) for name in DENIABLE)
        left_out = (NoneOf(field, _folded(values)) for field, values in denied if values)
        ranges = (Between(*bounds) for bounds in self._ranges() if bounds[1] is not None or bounds[2] is not None)
        flags = ((TermField(name), getattr(self, name)) for name in _FLAGS)
        photos = (AnyOf(field, (str(wanted).lower(),)) for field, wanted in flags if wanted is not None)
        return AllOf((*chosen, *left_out, *photos, *ranges, *(() if self.near is None else (self.near,))))

    def without(self, name: str) -> ListingFilters:
        """Return the same filters without those on one field (`make`, ..., `year` for both of its bounds)."""
        if name in _FLAGS:
            return replace(self, **{name: None})  # type: ignore[arg-type]
        empty: dict[str, Any] = {f"{name}_min": None, f"{name}_max": None} if name in _RANGES else {name: ()}
        if name in DENIABLE:
            empty[f"{DENIAL}{name}"] = ()
        return replace(self, **empty)

    def has(self, name: str) -> bool:
        """Tell whether there is a filter of this name (`year` for either of its bounds)."""
        names = (f"{name}_min", f"{name}_max") if name in _RANGES else (name,)
        return any(getattr(self, one) not in (None, ()) for one in names)

    def _ranges(self) -> Iterator[tuple[NumberField, int | None, int | None]]:
        yield NumberField.YEAR, self.year_min, self.year_max
        yield NumberField.PRICE, self.price_min, self.price_max
        yield NumberField.MILEAGE, self.mileage_min, self.mileage_max
        yield NumberField.ENGINE_CC, self.engine_cc_min, self.engine_cc_max


def _folded(values: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(fold(str(value)) for value in values)


DENIABLE: Final = ("make", "model", "city")
"""The fields whose values can be left out, and how the names of such filters begin."""
DENIAL: Final = "not_"
_TERM_NAMES = (
    "make",
    "model",
    "variant",
    "city",
    "province",
    "body",
    "fuel",
    "transmission",
    "assembly",
    "color",
    "drive",
    "seats",
    "registered_in",
    "dealer",
    "deal_rating",
)
_FLAGS = ("has_photos", "has_good_photos")
_RANGES = frozenset(field.value for field in NumberField)
