"""An ad as the rules see it: its texts, its car, what such cars cost, and what else its seller offers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

TEXT_FIELDS = (
    "title",
    "description",
    "variant",
    "make",
    "model",
    "color_raw",
    "city",
    "area",
    "registered_in",
)
"""The texts that people write freely and strangers read."""


@dataclass(frozen=True)
class PriceRange:
    """The range of asking prices of nearly all such cars, in whole rupees."""

    low_pkr: int
    high_pkr: int


@dataclass(frozen=True)
class OfferedCar:
    """A car that a seller offers."""

    listing_id: UUID
    make: str
    model: str
    model_year: int
    mileage_km: int | None
    price_pkr: int | None
    color: str | None
    texts: Mapping[str, str | None]  # by TEXT_FIELDS
    content_hash: bytes
    photos: frozenset[UUID] = frozenset()  # contents


@dataclass(frozen=True)
class Ad:
    """An ad with what it is judged by.

    Args:
        car: what it says.
        range: what such cars cost; None where nothing can be said.
        others: the other cars that the same private seller offers now.
        photo_elsewhere: another seller showed one of its photos before.
    """

    car: OfferedCar
    range: PriceRange | None = None
    others: tuple[OfferedCar, ...] = field(default=())
    photo_elsewhere: bool = False
