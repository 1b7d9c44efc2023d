"""What the index knows of a listing: a copy of the columns that searches ask about, never the source of a page."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

from core.search.text import words


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
    fresh_on: date

    @classmethod
    def from_row(cls, row: Any) -> "ListingDocument":
        """From anything with these names as attributes, such as a row of a SELECT."""
        values = {name: getattr(row, name) for name in _NAMES}
        return cls(**values | {"channels": tuple(values["channels"])})

    def head_words(self) -> list[str]:
        """The words that name the car: these weigh more than where it stands or how it looks."""
        return _words(self.make, self.model, self.variant, self.title, str(self.model_year))

    def all_words(self) -> list[str]:
        """Every word by which the listing can be found."""
        looks = (self.body, self.fuel, self.transmission, self.color, self.color_raw, self.assembly)
        return self.head_words() + _words(self.city, self.area, self.province, *looks)


_NAMES = tuple(field.name for field in fields(ListingDocument))


def _words(*texts: str | None) -> list[str]:
    return [word for text in texts if text for word in words(text)]
