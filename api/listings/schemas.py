"""What goes in and out of the listings endpoints."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue
from pydantic.json_schema import SkipJsonSchema

from api.parameters import Name, sound_text
from core.search import Facet, ListingFilters, SearchQuery, Sort
from core.search.query import MAX_LIMIT, MAX_TEXT
from core.vocabulary import Assembly, Body, Color, Fuel, Transmission
from serving.listings.service import ListingResults
from serving.listings.views import ListingView

_Year = Annotated[int, Field(ge=1900, le=2200)]
_Amount = Annotated[int, Field(ge=0, le=10**12)]
_MOST_VALUES = 50


class ListingSearch(BaseModel):
    """The query parameters of a search."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str, AfterValidator(sound_text)] = Field(
        default="",
        max_length=MAX_TEXT,
        description="Words to find in make, model, variant, title, year, city and looks. All of them must match; small"
        " typos are forgiven in words of 4 letters and more, never in numbers.",
        examples=["corola 2018 lahore"],
    )
    make: list[Name] = Field(default=[], max_length=_MOST_VALUES, description="Any of these makes.")
    model: list[Name] = Field(default=[], max_length=_MOST_VALUES, description="Any of these models.")
    year_min: _Year | SkipJsonSchema[None] = Field(default=None, description="Model year, from.")
    year_max: _Year | SkipJsonSchema[None] = Field(default=None, description="Model year, to.")
    price_min: _Amount | SkipJsonSchema[None] = Field(default=None, description="Price in whole rupees, from.")
    price_max: _Amount | SkipJsonSchema[None] = Field(default=None, description="Price in whole rupees, to.")
    mileage_min: _Amount | SkipJsonSchema[None] = Field(default=None, description="Kilometres driven, from.")
    mileage_max: _Amount | SkipJsonSchema[None] = Field(default=None, description="Kilometres driven, to.")
    city: list[Name] = Field(default=[], max_length=_MOST_VALUES, description="Any of these cities.")
    province: list[Name] = Field(default=[], max_length=_MOST_VALUES, description="Any of these provinces.")
    body: list[Body] = Field(default=[], max_length=_MOST_VALUES, description="Any of these body styles.")
    fuel: list[Fuel] = Field(default=[], max_length=_MOST_VALUES, description="Any of these fuels.")
    transmission: list[Transmission] = Field(default=[], max_length=_MOST_VALUES, description="Any of these gearboxes.")
    assembly: list[Assembly] = Field(default=[], max_length=_MOST_VALUES, description="Assembled here, or imported.")
    color: list[Color] = Field(default=[], max_length=_MOST_VALUES, description="Any of these colour families.")
    dealer: list[Name] = Field(default=[], max_length=_MOST_VALUES, description="Any of these dealers, by code.")
    sort: Sort = Field(
        default=Sort.RELEVANCE,
        description="Order. `relevance`: exact words, then beginnings of words, then typos, the newest first in each."
        " Cars without the sorted value come last.",
    )
    facets: list[Facet] = Field(
        default=[], max_length=_MOST_VALUES, description="Count the hits by these; at most 100 values each."
    )
    limit: int = Field(default=20, ge=1, le=MAX_LIMIT, description="Cars on a page.")
    cursor: str | SkipJsonSchema[None] = Field(default=None, description="`next_cursor` of the page before, as it is.")

    def query(self) -> SearchQuery:
        """The search that is asked for."""
        filters = ListingFilters(
            make=tuple(self.make),
            model=tuple(self.model),
            city=tuple(self.city),
            province=tuple(self.province),
            body=tuple(self.body),
            fuel=tuple(self.fuel),
            transmission=tuple(self.transmission),
            assembly=tuple(self.assembly),
            color=tuple(self.color),
            dealer=tuple(self.dealer),
            year_min=self.year_min,
            year_max=self.year_max,
            price_min=self.price_min,
            price_max=self.price_max,
            mileage_min=self.mileage_min,
            mileage_max=self.mileage_max,
        )
        return SearchQuery(self.q, filters, self.sort, self.limit, self.cursor, tuple(dict.fromkeys(self.facets)))


class DealerRead(BaseModel):
    """Who offers the car. The marketplace itself stands for private sellers."""

    code: str
    name: str
    kind: str = Field(description="dealer or marketplace.")


LISTING_EXAMPLE: dict[str, JsonValue] = {
    "id": "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b",
    "title": "Toyota Corolla GLi 1.3 VVTi 2018",
    "make": "Toyota",
    "model": "Corolla",
    "variant": "GLi 1.3 VVTi",
    "model_year": 2018,
    "mileage_km": 84000,
    "price_pkr": 3550000,
    "fuel": "petrol",
    "transmission": "manual",
    "body": "sedan",
    "assembly": "local",
    "color": "white",
    "color_raw": "Super White",
    "engine_cc": 1299,
    "battery_kwh": None,
    "city": "Lahore",
    "area": "Johar Town",
    "province": "Punjab",
    "registered_in": "Lahore",
    "description": "First owner, total genuine.",
    "photos": ["https://photos.example.com/corolla/1.jpg"],
    "url": "https://example.com/used-cars/corolla-2018",
    "listed_on": "2026-05-02",
    "created_at": "2026-05-02T08:15:00Z",
    "updated_at": "2026-05-09T08:15:00Z",
    "dealer": {"code": "khan-motors", "name": "Khan Motors", "kind": "dealer"},
}


class ListingRead(BaseModel):
    """A car that somebody offers. null means that the source does not say."""

    model_config = ConfigDict(json_schema_extra={"examples": [LISTING_EXAMPLE]})

    id: UUID
    title: str
    make: str
    model: str
    variant: str | None
    model_year: int
    mileage_km: int | None
    price_pkr: int | None = Field(description="Whole rupees; null: call for price.")
    fuel: str | None
    transmission: str | None
    body: str | None
    assembly: str | None
    color: str | None = Field(description="Colour family.")
    color_raw: str | None = Field(description="Colour as the dealer wrote it.")
    engine_cc: int | None
    battery_kwh: float | None
    city: str | None
    area: str | None
    province: str | None
    registered_in: str | None
    description: str | None
    photos: list[str] = Field(description="Addresses, in the dealer's order.")
    url: str | None = Field(description="The ad at its source.")
    listed_on: date | None = Field(description="When the ad was last updated at its source.")
    created_at: datetime = Field(description="When the platform first saw the car.")
    updated_at: datetime
    dealer: DealerRead

    @classmethod
    def of(cls, view: ListingView) -> "ListingRead":
        """From what the service gives."""
        values = {name: getattr(view, name) for name in cls.model_fields if name != "dealer"}
        return cls(**values, dealer=DealerRead(code=view.dealer_code, name=view.dealer_name, kind=view.dealer_kind))


class FacetCountRead(BaseModel):
    """How many of the hits have this value."""

    value: str
    count: int


class ListingPage(BaseModel):
    """One page of a search."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [LISTING_EXAMPLE],
                    "total": 412,
                    "facets": {"city": [{"value": "Lahore", "count": 180}, {"value": "Karachi", "count": 120}]},
                    "next_cursor": "WzEsIjFmMzg3MGJlMjc0ZjZjNDkiLDAsIjgwMDAwMDAwMDAwYjRjOWYi",
                }
            ]
        }
    )

    items: list[ListingRead]
    total: int = Field(description="Hits of the whole search.")
    facets: dict[Facet, list[FacetCountRead]] = Field(description="For each facet that was asked for, most first.")
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")

    @classmethod
    def of(cls, results: ListingResults) -> "ListingPage":
        """From what the service gives."""
        counted = {
            facet: [FacetCountRead(value=one.value, count=one.count) for one in counts]
            for facet, counts in results.facets.items()
        }
        items = [ListingRead.of(view) for view in results.items]
        return cls(items=items, total=results.total, facets=counted, next_cursor=results.next_cursor)
