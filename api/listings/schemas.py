"""Answers of the listings endpoints; their parameters are in `search`."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.listings.car import CarFields
from api.listings.interpretation import InterpretationRead, RelaxedRead, relaxed_of
from api.parameters import EXAMPLE_LISTING_ID
from api.photos.addresses import ShownPhotos
from api.photos.schemas import PHOTO_EXAMPLE, PhotoRead
from core.prices.deal_ratings import DealRating
from core.search import Facet
from core.search.reading.completing import Completion, CompletionKind
from core.search.words.fuzzy_match import Matcher
from core.search.words.highlight import marked
from serving.listings.finding.service import ListingResults
from serving.listings.finding.views import ListingView, OpenState


class DealerRead(BaseModel):
    """The organisation that offers the car; the marketplace for private sellers."""

    code: str
    name: str
    kind: str = Field(description="dealer or marketplace.")


_LISTING_EXAMPLE: dict[str, JsonValue] = {
    "id": str(EXAMPLE_LISTING_ID),
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
    "photo_count": 12,
    "photo_score": 78,
    "has_good_photos": True,
    "url": "https://example.com/used-cars/corolla-2018",
    "listed_on": "2026-05-02",
    "status": "live",
    "created_at": "2026-05-02T08:15:00Z",
    "updated_at": "2026-05-09T08:15:00Z",
    "dealer": {"code": "khan-motors", "name": "Khan Motors", "kind": "dealer"},
    "deal_rating": "good",
}
_CARD_EXAMPLE: dict[str, JsonValue] = _LISTING_EXAMPLE | {"cover": PHOTO_EXAMPLE}
_READ_EXAMPLE: dict[str, JsonValue] = _LISTING_EXAMPLE | {"photos": [PHOTO_EXAMPLE], "remote_photos": []}
_HIT_EXAMPLE: dict[str, JsonValue] = _CARD_EXAMPLE | {
    "distance_km": 0.0,
    "highlight": {"title": "Toyota <em>Corolla</em> GLi 1.3 VVTi <em>2018</em>", "description": None},
}


class _Listing(CarFields):
    """The fields that every answer has about a car on offer. null: the source does not state it."""

    url: str | None = Field(description="The ad at its source.")
    listed_on: date | None = Field(description="When the ad was last updated at its source.")
    status: OpenState = Field(description="live, or reserved: still shown, but promised to a buyer.")
    dealer: DealerRead
    deal_rating: DealRating | None = Field(
        description="The asking price beside the car's price band, the cheapest first; null without a price or a band, "
        "and from a change of the listing until its band is renewed, within a minute."
    )


class ListingRead(_Listing):
    """A car on offer, with all its photos. null: the source does not state it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_READ_EXAMPLE]})

    photos: list[PhotoRead] = Field(description="In order; the cover is marked.")
    remote_photos: list[str] = Field(
        description="The feed's own addresses, where there are no copies yet and the platform is set to show them."
    )

    @classmethod
    def of(cls, view: ListingView, shown: ShownPhotos) -> "ListingRead":
        """Make it from the service's view."""
        photos = [PhotoRead.of(photo, shown.addresses) for photo in view.photos]
        remote = view.remote_photos if shown.remote and not photos else []
        return cls(**_values(view), photos=photos, remote_photos=remote)


class ListingCard(_Listing):
    """A car on offer, with its cover. null: the source does not state it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CARD_EXAMPLE]})

    cover: PhotoRead | None = Field(description="The photo for lists; null while there is none.")

    @classmethod
    def of(cls, view: ListingView, shown: ShownPhotos) -> "ListingCard":
        """Make it from the service's view."""
        return cls(**_values(view), cover=_cover(view, shown))


def _cover(view: ListingView, shown: ShownPhotos) -> PhotoRead | None:
    return next((PhotoRead.of(photo, shown.addresses) for photo in view.photos if photo.is_cover), None)


def _values(view: ListingView) -> dict[str, Any]:
    values = {name: getattr(view, name) for name in _Listing.model_fields if name != "dealer"}
    return values | {"dealer": DealerRead(code=view.dealer_code, name=view.dealer_name, kind=view.dealer_kind)}


class HighlightRead(BaseModel):
    """Why a car was found: its texts as HTML, escaped, with the matching words in <em>. null: no word of it matches."""

    title: str | None
    description: str | None

    @classmethod
    def of(cls, view: ListingView, matcher: Matcher) -> "HighlightRead":
        """Mark the words of one search."""
        return cls(title=marked(view.title, matcher), description=marked(view.description or "", matcher))


class ListingHit(ListingCard):
    """A car that a search found."""

    model_config = ConfigDict(json_schema_extra={"examples": [_HIT_EXAMPLE]})

    distance_km: float | None = Field(
        description="From `near` or `near_city` to the car's city; null without them, or where the city is unknown."
    )
    highlight: HighlightRead | None = Field(description="null unless `highlight` was asked for.")


class FacetCountRead(BaseModel):
    """The number of hits that have this value."""

    value: str
    count: int


class ListingPage(BaseModel):
    """One page of a search."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [_HIT_EXAMPLE],
                    "total": 412,
                    "facets": {"city": [{"value": "Lahore", "count": 180}, {"value": "Karachi", "count": 120}]},
                    "facets_cut": [],
                    "interpretation": None,
                    "relaxed": [],
                    "next_cursor": "WzEsIjFmMzg3MGJlMjc0ZjZjNDkiLDAsIjgwMDAwMDAwMDAwYjRjOWYi",
                }
            ]
        }
    )

    items: list[ListingHit]
    total: int = Field(description="Hits of the whole search.")
    facets: dict[Facet, list[FacetCountRead]] = Field(description="For each facet that was asked for, most first.")
    facets_cut: list[Facet] = Field(description="Facets that have more values than the 100 that are listed.")
    interpretation: InterpretationRead | None = Field(
        description="How the words were understood; null with `understand=off` and with `mode=hybrid`."
    )
    relaxed: list[RelaxedRead] = Field(description="What gave way, because no car meets everything; mostly empty.")
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")

    @classmethod
    def of(cls, results: ListingResults, text: str, matcher: Matcher | None, shown: ShownPhotos) -> "ListingPage":
        """Make a page of the service's results for a text; a matcher marks its words."""
        counted = {
            facet: [FacetCountRead(value=one.value, count=one.count) for one in counts]
            for facet, counts in results.facets.items()
        }
        items = [_hit(view, results.distances.get(view.id), matcher, shown) for view in results.items]
        understood = results.understood
        return cls(
            items=items,
            total=results.total,
            facets=counted,
            facets_cut=list(results.cut_facets),
            interpretation=None if understood is None else InterpretationRead.of(text, understood),
            relaxed=relaxed_of(understood),
            next_cursor=results.next_cursor,
        )


def _hit(view: ListingView, distance: float | None, matcher: Matcher | None, shown: ShownPhotos) -> ListingHit:
    return ListingHit(
        **_values(view),
        cover=_cover(view, shown),
        distance_km=None if distance is None else round(distance, 1),
        highlight=None if matcher is None else HighlightRead.of(view, matcher),
    )


class SimilarListings(BaseModel):
    """Cars like a car, the nearest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_CARD_EXAMPLE]}]})

    items: list[ListingCard]


class SuggestionRead(BaseModel):
    """A name to complete what was typed."""

    kind: CompletionKind = Field(description="What was completed: a name, or a name with a city, a year or a price.")
    value: str
    count: int = Field(description="Cars that have it.")


class SuggestionPage(BaseModel):
    """Names to complete what was typed, the likeliest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [{"kind": "model", "value": "Toyota Corolla", "count": 812}]}]}
    )

    items: list[SuggestionRead]

    @classmethod
    def of(cls, suggestions: list[Completion]) -> "SuggestionPage":
        """Make it from the service's view."""
        return cls(items=[SuggestionRead(kind=one.kind, value=one.value, count=one.count) for one in suggestions])
