"""The query parameters of the search endpoints, and the searches that they describe."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from api.parameters import DECIMAL, SOUND_TEXT, TRUTH, WHOLE, Name, OptionalParam
from core.prices.deal_ratings import DealRating
from core.search import Facet, ListingFilters, SearchQuery, Sort
from core.search.errors import MissingOriginError
from core.search.filters import Near
from core.search.places import Point, city_point
from core.search.query import MAX_LIMIT, MAX_TEXT
from core.search.reading.chips import ChipField
from core.search.words.fuzzy_match import Matcher
from core.search.words.typeahead import MAX_SUGGESTIONS
from core.vocabulary import Assembly, Body, Color, Drive, Fuel, Transmission
from serving.listings.errors import TwoOriginsError

_Year = Annotated[int, Field(ge=1900, le=2200), WHOLE]
_Amount = Annotated[int, Field(ge=0, le=10**12), WHOLE]
_EXAMPLE = "corola 2018 lahore"
_MOST_VALUES = 50
_POINT = r"^-?[0-9]{1,3}(\.[0-9]{1,12})?,-?[0-9]{1,3}(\.[0-9]{1,12})?$"


class SearchMode(StrEnum):
    """The method of a search: by words alone, or by words and meaning."""

    TEXT = "text"
    HYBRID = "hybrid"


class Understanding(StrEnum):
    """Switch for reading words as filters."""

    ON = "on"
    OFF = "off"


class ListingSearch(BaseModel):
    """The query parameters of a search."""

    q: Annotated[str, SOUND_TEXT] = Field(
        default="",
        max_length=MAX_TEXT,
        description="What is looked for, as people say it: names, prices, years, places and looks, in English, Roman"
        " Urdu or Urdu (`civic 25 lac tak`). What is understood becomes filters (`interpretation`); other words are"
        " found in make, model, variant, title, year, city, looks and description. Small typos are forgiven.",
        json_schema_extra={"example": _EXAMPLE},  # the docs page fills it in
    )
    understand: Understanding = Field(
        default=Understanding.ON,
        description="`off`: words are words, all of them must match, and none is read as a filter.",
    )
    literal: list[ChipField] = Field(
        default=[],
        max_length=_MOST_VALUES,
        description="Fields that words are not read as: what undoes a chip of `interpretation`.",
    )
    make: list[Name] = Field(
        default=[], max_length=_MOST_VALUES, description="Any of these makes.", examples=[["Toyota"]]
    )
    model: list[Name] = Field(default=[], max_length=_MOST_VALUES, description="Any of these models.")
    variant: list[Name] = Field(default=[], max_length=_MOST_VALUES, description="Any of these variants.")
    year_min: OptionalParam[_Year] = Field(default=None, description="Model year, from.")
    year_max: OptionalParam[_Year] = Field(default=None, description="Model year, to.")
    price_min: OptionalParam[_Amount] = Field(default=None, description="Price in whole rupees, from.")
    price_max: OptionalParam[_Amount] = Field(default=None, description="Price in whole rupees, to.")
    mileage_min: OptionalParam[_Amount] = Field(default=None, description="Kilometres driven, from.")
    mileage_max: OptionalParam[_Amount] = Field(default=None, description="Kilometres driven, to.")
    engine_cc_min: OptionalParam[_Amount] = Field(default=None, description="Engine size in cc, from.")
    engine_cc_max: OptionalParam[_Amount] = Field(default=None, description="Engine size in cc, to.")
    city: list[Name] = Field(default=[], max_length=_MOST_VALUES, description="Any of these cities.")
    not_make: list[Name] = Field(default=[], max_length=_MOST_VALUES, description="None of these makes.")
    not_model: list[Name] = Field(default=[], max_length=_MOST_VALUES, description="None of these models.")
    not_city: list[Name] = Field(
        default=[], max_length=_MOST_VALUES, description="In none of these cities; cars whose city is not known stay."
    )
    province: list[Name] = Field(default=[], max_length=_MOST_VALUES, description="Any of these provinces.")
    body: list[Body] = Field(default=[], max_length=_MOST_VALUES, description="Any of these body styles.")
    fuel: list[Fuel] = Field(default=[], max_length=_MOST_VALUES, description="Any of these fuels.")
    transmission: list[Transmission] = Field(default=[], max_length=_MOST_VALUES, description="Any of these gearboxes.")
    assembly: list[Assembly] = Field(default=[], max_length=_MOST_VALUES, description="Assembled here, or imported.")
    color: list[Color] = Field(default=[], max_length=_MOST_VALUES, description="Any of these colour families.")
    drive: list[Drive] = Field(
        default=[], max_length=_MOST_VALUES, description="Driven wheels, of cars where they are known."
    )
    seats: list[Annotated[int, Field(ge=1, le=100), WHOLE]] = Field(
        default=[], max_length=_MOST_VALUES, description="Any of these numbers of seats, of cars where they are known."
    )
    registered_in: list[Name] = Field(
        default=[], max_length=_MOST_VALUES, description="City or province of the number plate, or `unregistered`."
    )
    dealer: list[Name] = Field(default=[], max_length=_MOST_VALUES, description="Any of these dealers, by code.")
    deal_rating: list[DealRating] = Field(
        default=[], max_length=_MOST_VALUES, description="Any of these ratings of the asking price by its band."
    )
    has_photos: OptionalParam[bool] = Field(default=None, description="Only with photos, or only without.")
    has_good_photos: OptionalParam[bool] = Field(
        default=None, description="Only with enough good photos, or only without; not yet judged ones count as without."
    )
    near: OptionalParam[Annotated[str, Field(pattern=_POINT)]] = Field(
        default=None,
        description="A point as `latitude,longitude` in degrees, where distances start.",
        examples=["31.55,74.34"],
    )
    near_city: OptionalParam[Name] = Field(
        default=None, description="A city of Pakistan instead of a point.", examples=["Lahore"]
    )
    radius_km: OptionalParam[Annotated[float, Field(ge=0, le=20_000, allow_inf_nan=False), DECIMAL]] = Field(
        default=None, description="Only cars in cities at most so far from `near` or `near_city`."
    )
    sort: Sort = Field(
        default=Sort.RELEVANCE,
        description="Order. `relevance`: exact words, then beginnings of words, then typos, the newest first in each"
        " (where the platform says so, popular ones as if they were newer, by a week at most)."
        " `photos_desc`: the best photos first. `distance` needs `near` or `near_city`. Cars without the sorted"
        " value come last.",
    )
    facets: list[Facet] = Field(
        default=[],
        max_length=_MOST_VALUES,
        description="Count by these, at most 100 values each. A facet counts what would be"
        " found without the filter on its own field, so that the alternatives of a choice keep their counts.",
        examples=[["city", "body"]],
    )
    mode: SearchMode = Field(
        default=SearchMode.TEXT,
        description="`hybrid`: by words and by meaning; needs words and the order by relevance.",
    )
    highlight: Annotated[bool, TRUTH] = Field(
        default=False, description="Mark in title and description the words that matched."
    )
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT), WHOLE] = Field(default=20, description="Cars on a page.")
    cursor: OptionalParam[str] = Field(default=None, description="`next_cursor` of the page before, as it is.")

    def query(self) -> SearchQuery:
        """Make the search that the parameters describe.

        Raises:
            InvalidInputError: `invalid_range`, `invalid_point`, `unknown_city`, `two_origins`, `missing_origin`.
        """
        origin = self._origin()
        filters = ListingFilters(
            make=tuple(self.make),
            model=tuple(self.model),
            variant=tuple(self.variant),
            city=tuple(self.city),
            province=tuple(self.province),
            body=tuple(self.body),
            fuel=tuple(self.fuel),
            transmission=tuple(self.transmission),
            assembly=tuple(self.assembly),
            color=tuple(self.color),
            drive=tuple(self.drive),
            seats=tuple(self.seats),
            registered_in=tuple(self.registered_in),
            not_make=tuple(self.not_make),
            not_model=tuple(self.not_model),
            not_city=tuple(self.not_city),
            dealer=tuple(self.dealer),
            year_min=self.year_min,
            year_max=self.year_max,
            price_min=self.price_min,
            price_max=self.price_max,
            mileage_min=self.mileage_min,
            mileage_max=self.mileage_max,
            engine_cc_min=self.engine_cc_min,
            engine_cc_max=self.engine_cc_max,
            deal_rating=tuple(self.deal_rating),
            has_photos=self.has_photos,
            has_good_photos=self.has_good_photos,
            near=None if origin is None or self.radius_km is None else Near(origin, self.radius_km),
        )
        facets = tuple(dict.fromkeys(self.facets))
        return SearchQuery(self.q, filters, self.sort, self.limit, self.cursor, facets, origin)

    def literal_fields(self) -> frozenset[ChipField] | None:
        """Return the fields that words are not read as; None where none is."""
        return None if self.understand is Understanding.OFF else frozenset(self.literal)

    def matcher(self) -> Matcher | None:
        """Make the marker of matching words, if marks are wanted."""
        return Matcher(self.q) if self.highlight else None

    def _origin(self) -> Point | None:
        if self.near is not None and self.near_city is not None:
            raise TwoOriginsError
        if self.near_city is not None:
            return city_point(self.near_city)
        if self.near is not None:
            latitude, longitude = self.near.split(",")
            return Point(float(latitude), float(longitude))
        if self.radius_km is not None:
            raise MissingOriginError("A radius")
        return None


class NameSearch(BaseModel):
    """The query parameters of typeahead."""

    q: Annotated[str, SOUND_TEXT] = Field(
        default="", max_length=MAX_TEXT, description="What was typed so far.", json_schema_extra={"example": "toyo cor"}
    )
    limit: Annotated[int, Field(ge=1, le=MAX_SUGGESTIONS), WHOLE] = Field(default=10, description="Names to give.")


class SimilarSearch(BaseModel):
    """The query parameters of similar cars."""

    limit: Annotated[int, Field(ge=1, le=50), WHOLE] = Field(default=10, description="Cars to give.")
