"""The copy of a listing that the index holds: the columns that are searched, never the source of a page."""

from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from core.prices.deal_ratings import deal_rating
from core.search.mileage_bands import mileage_band
from core.search.places import Point, place_key, places
from core.search.ranking import POPULARITY, ranked_day
from core.search.vehicles.catalogue import drive_of, seats_of
from core.search.words.folding import words
from core.search.words.typeahead import SuggestionKind
from core.vocabulary import Drive


@dataclass(frozen=True, slots=True)
class ListingDocument:
    """One live listing. `fresh_on` is the day its ad was last updated, or else the day it was first seen here."""

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
    engine_cc: int | None
    registered_in: str | None
    city: str | None
    area: str | None
    province: str | None
    description: str | None
    deal_rating: str | None  # core.prices.deal_ratings.DealRating; None without a price or a band
    photo_count: int
    photo_score: int | None  # 0-100; None while its photos are not judged
    has_good_photos: bool
    fresh_on: date
    popularity: int  # 0-7, `pipelines.engagement.popularity`

    @classmethod
    def from_row(cls, row: Row[Any]) -> "ListingDocument":
        """Build from a row with these names.

        Instead of `deal_rating` the row has its band, `low_pkr`, `mid_pkr` and `high_pkr`, where there is one.
        """
        values = {name: getattr(row, name) for name in _NAMES}
        return cls(**values, channels=tuple(row.channels), deal_rating=_rating(row))

    @property
    def has_photos(self) -> bool:
        """Whether the listing has photos."""
        return self.photo_count > 0

    @property
    def ranked_day(self) -> int:
        """The day by which relevance sorts it where popularity counts (`core.search.ranking`), as an ordinal."""
        return ranked_day(self.fresh_on, {POPULARITY: self.popularity})

    @property
    def year(self) -> int:
        """The model year, under the name of its filter."""
        return self.model_year

    @property
    def seats(self) -> int | None:
        """The number of seats, if the title or the catalogue states it."""
        return seats_of(self.make, self.model, f"{self.title} {self.variant or ''}")

    @property
    def drive(self) -> Drive | None:
        """The wheels that are driven, where its title or the catalogue says so."""
        return drive_of(self.make, self.model, f"{self.title} {self.variant or ''}")

    @property
    def mileage(self) -> str | None:
        """The band of its mileage."""
        return None if self.mileage_km is None else mileage_band(self.mileage_km)

    @property
    def place(self) -> str | None:
        """The key of the car's place (`core.search.places`); None for a city that is not in the list."""
        return None if self.city is None else place_key(self.city)

    @property
    def point(self) -> Point | None:
        """The car's position: its city's point."""
        return None if self.place is None else places()[self.place]

    def head_words(self) -> list[str]:
        """Return the words that name the car: these weigh more than its place or its looks."""
        return [*_shared_words(self.make, self.model, self.variant), *words(self.title), str(self.model_year)]

    def other_words(self) -> list[str]:
        """Return the words of the columns about the car's place and looks, but for the area."""
        looks = (self.body, self.fuel, self.transmission, self.color, self.color_raw, self.assembly)
        return _shared_words(self.city, self.province, *looks)

    def area_words(self) -> list[str]:
        """Return the words of the car's area. No typo leads to them: with so many areas it would find chance alone."""
        return _shared_words(self.area)

    def all_words(self) -> list[str]:
        """Return every word of the columns; the description's are apart (`description_words`) and weigh least."""
        return self.head_words() + self.other_words() + self.area_words()

    def description_words(self) -> list[str]:
        """Return the words of the dealer's description."""
        return words(self.description) if self.description else []

    def suggestions(self) -> dict[SuggestionKind, str]:
        """Return the names under which typeahead offers the car."""
        return suggestions(self.make, self.model, self.variant, self.city)


def suggestions(make: str, model: str, variant: str | None, city: str | None) -> dict[SuggestionKind, str]:
    """Return the names under which typeahead offers a car: make, make and model, with variant, and city."""
    named = {SuggestionKind.MAKE: make, SuggestionKind.MODEL: f"{make} {model}"}
    if variant:
        named[SuggestionKind.VARIANT] = f"{make} {model} {variant}"
    if city:
        named[SuggestionKind.CITY] = city
    return named


_NAMES = tuple(field.name for field in fields(ListingDocument) if field.name not in ("channels", "deal_rating"))


def _rating(row: Row[Any]) -> str | None:
    if row.price_pkr is None or row.mid_pkr is None:
        return None
    return deal_rating(row.price_pkr, row.low_pkr, row.mid_pkr, row.high_pkr)


def _shared_words(*texts: str | None) -> list[str]:
    """Return the words of texts that many listings share."""
    return [word for text in texts if text for word in _cached_words(text)]


@lru_cache(maxsize=16_384)
def _cached_words(text: str) -> tuple[str, ...]:
    return tuple(words(text))
