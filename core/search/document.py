"""What the index knows of a listing: a copy of the columns that searches ask about, never the source of a page."""

from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from core.deal_ratings import deal_rating
from core.search.places import Point, place_key, places
from core.search.words.folding import words
from core.search.words.typeahead import SuggestionKind


@dataclass(frozen=True, slots=True)
class ListingDocument:
    """One live listing. `fresh_on` is the day its ad was last updated, or failing that the day we first saw it."""

    id: UUID
    org_id: UUID
    dealer: str  # the organisation's code
    visibility: str
    channels: tuple[str, ...]
    title: str
    make: str
    model: str
    variant: str | None
    model_year: int
    mileage_km: int | None
    price_pkr: int | None
    fuel: str | None
    transmission: str | None
    body: str | None
    assembly: str | None
    color: str | None
    color_raw: str | None
    city: str | None
    area: str | None
    province: str | None
    description: str | None
    deal_rating: str | None  # core.deal_ratings.DealRating; None without a price or a band
    photo_count: int
    fresh_on: date

    @classmethod
    def from_row(cls, row: Any) -> "ListingDocument":
        """From anything with these names as attributes, such as a row of a SELECT.

        Instead of `deal_rating` the row has its band, `low_pkr`, `mid_pkr` and `high_pkr`, where there is one.
        """
        values = {name: getattr(row, name) for name in _NAMES}
        return cls(**values, channels=tuple(row.channels), deal_rating=_rating(row))

    @property
    def has_photos(self) -> bool:
        """Whether there is anything to look at."""
        return self.photo_count > 0

    @property
    def place(self) -> str | None:
        """The key of the place where the car stands; None where the city is unknown to us."""
        return None if self.city is None else place_key(self.city)

    @property
    def point(self) -> Point | None:
        """Where the car stands: its city's point."""
        return None if self.place is None else places()[self.place]

    def head_words(self) -> list[str]:
        """The words that name the car: these weigh more than where it stands or how it looks."""
        return [*_known_words(self.make, self.model, self.variant), *words(self.title), str(self.model_year)]

    def other_words(self) -> list[str]:
        """The words of the columns that say where the car stands and how it looks."""
        looks = (self.body, self.fuel, self.transmission, self.color, self.color_raw, self.assembly)
        return _known_words(self.city, self.area, self.province, *looks)

    def all_words(self) -> list[str]:
        """Every word of the columns. The description's are apart: they weigh least (`description_words`)."""
        return self.head_words() + self.other_words()

    def description_words(self) -> list[str]:
        """The words that the dealer wrote about the car."""
        return words(self.description) if self.description else []

    def suggestions(self) -> dict[SuggestionKind, str]:
        """The names under which typeahead offers the car."""
        return suggestions(self.make, self.model, self.variant, self.city)


def suggestions(make: str, model: str, variant: str | None, city: str | None) -> dict[SuggestionKind, str]:
    """The names under which typeahead offers such a car: its make, make and model, with variant, and its city."""
    named = {SuggestionKind.MAKE: make, SuggestionKind.MODEL: f"{make} {model}"}
    if variant:
        named[SuggestionKind.VARIANT] = f"{make} {model} {variant}"
    if city:
        named[SuggestionKind.CITY] = city
    return named


_NAMES = tuple(field.name for field in fields(ListingDocument) if field.name not in ("channels", "deal_rating"))


def _rating(row: Any) -> str | None:
    if row.price_pkr is None or row.mid_pkr is None:
        return None
    return deal_rating(row.price_pkr, row.low_pkr, row.mid_pkr, row.high_pkr)


def _known_words(*texts: str | None) -> list[str]:
    """Words of texts that many listings share."""
    return [word for text in texts if text for word in _remembered(text)]


@lru_cache(maxsize=16_384)
def _remembered(text: str) -> tuple[str, ...]:
    return tuple(words(text))
