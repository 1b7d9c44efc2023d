"""Requests and answers of owners about their own listings."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.listings.car import CarFields
from api.parameters import (
    EXAMPLE_LISTING_ID,
    JSON_DAY,
    JSON_NUMBER,
    JSON_TRUTH,
    ONE_LINE,
    SOUND_TEXT,
)
from core.vocabulary import Assembly, Body, Channel, Fuel, ListingStatus, Transmission, Visibility
from serving.listings.management.changing import ListingChange
from serving.listings.management.managed import ManagedListing
from serving.listings.management.moving import Move, Sale

_Line = Annotated[str, Field(min_length=1, max_length=200), ONE_LINE]
_Whole = Annotated[int, Field(ge=0, le=10**12), JSON_NUMBER]
_CAR: dict[str, JsonValue] = {
    "make": "Toyota",
    "model": "Corolla",
    "variant": "GLi 1.3 VVTi",
    "model_year": 2018,
    "mileage_km": 84000,
    "price_pkr": 3550000,
    "fuel": "petrol",
    "transmission": "manual",
    "body": "sedan",
    "color": "Super White",
    "engine_cc": 1299,
    "city": "Lahore",
    "description": "First owner, total genuine.",
}
MANAGED_EXAMPLE: dict[str, JsonValue] = {
    "id": str(EXAMPLE_LISTING_ID),
    "org": "khan-motors",
    "branch": "dha",
    "status": "draft",
    "decided_by": "person",
    "asked_status": None,
    "etag": '"1"',
    "renewed_at": None,
    "source": "form",
    "visibility": "public",
    "channels": ["automart", "autotrader"],
    "kept_fields": [],
    "chassis_number": "NZE141-6098765",
    "sold_price_pkr": None,
    "sold_on": None,
    "prices": [{"price_pkr": 3550000, "observed_at": "2026-05-02T08:15:00Z", "source": "form"}],
    "title": "Toyota Corolla GLi 1.3 VVTi 2018",
    **_CAR,
    "color": "white",
    "color_raw": "Super White",
    "assembly": None,
    "battery_kwh": None,
    "area": None,
    "province": "Punjab",
    "registered_in": None,
    "photo_count": 0,
    "photo_score": None,
    "has_good_photos": False,
    "created_at": "2026-05-02T08:15:00Z",
    "updated_at": "2026-05-02T08:15:00Z",
}
CAR_EXAMPLE: dict[str, JsonValue] = {name: MANAGED_EXAMPLE[name] for name in CarFields.model_fields}


class _CarFields(BaseModel):
    """Fields of a car that people fill in."""

    model_config = ConfigDict(extra="forbid")

    title: _Line | None = Field(default=None, description="null: composed of make, model, variant and year.")
    make: _Line | None = None
    model: _Line | None = None
    variant: _Line | None = None
    model_year: Annotated[int, Field(ge=1900, le=2200), JSON_NUMBER] | None = None
    mileage_km: _Whole | None = None
    price_pkr: _Whole | None = Field(default=None, description="Whole rupees; null: call for price.")
    fuel: Fuel | None = None
    transmission: Transmission | None = None
    body: Body | None = None
    assembly: Assembly | None = None
    color: _Line | None = Field(default=None, description="In any words: `Super White`.")
    engine_cc: Annotated[int, Field(ge=100, le=20_000), JSON_NUMBER] | None = None
    battery_kwh: Annotated[float, Field(ge=1, le=1_000), JSON_NUMBER] | None = None
    city: _Line | None = None
    area: _Line | None = None
    registered_in: _Line | None = None
    description: Annotated[str, Field(min_length=1, max_length=10_000), SOUND_TEXT] | None = None
    visibility: Visibility | None = Field(default=None, description="Private ads are public or private.")
    channels: Annotated[list[Channel], Field(min_length=1, max_length=2)] | None = Field(
        default=None, description="Private ads are on automart alone, wholesale_public cars on autotrader alone."
    )
    chassis_number: Annotated[str, Field(min_length=1, max_length=60), ONE_LINE] | None = Field(
        default=None,
        description="VIN or Japanese frame number, in any case, with or without hyphens and blanks. Kept sealed, and"
        " shown to the owner alone. A number that the feed of the car states is corrected in the feed.",
        examples=["NZE141-6098765"],
    )
    branch: _Line | None = Field(default=None, description="Code of the branch where the car stands.")

    def given(self) -> dict[str, Any]:
        """Return the fields of the car that were given."""
        return self.model_dump(include=set(_CarFields.model_fields) - {"branch"}, exclude_unset=True)


class ListingUpdate(_CarFields):
    """Fields of a car; one that is left out stays as it is, null takes it away.

    Values are read as those of feeds are: spellings of makes, models and towns are brought to the usual ones, and phone
    numbers in texts are masked. On a feed's car a field stays as it is set until the feed's own value changes.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"price_pkr": 3450000}]})

    let_go: Annotated[list[_Line], Field(max_length=30)] = Field(
        default=[], description="Fields of a feed's car that are to show the feed's own value again."
    )

    def change(self) -> ListingChange:
        """Return it for the service."""
        return ListingChange(self.given(), self.branch, "branch" in self.model_fields_set, tuple(self.let_go))


class ListingCreate(_CarFields):
    """A car to offer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_CAR]})

    make: _Line
    model: _Line
    model_year: Annotated[int, Field(ge=1900, le=2200), JSON_NUMBER]
    publish: Annotated[bool, JSON_TRUTH] = Field(
        default=False, description="Do not leave it a draft: dealers' cars go live, private ads to review."
    )

    def change(self) -> ListingChange:
        """Return it for the service."""
        return ListingChange(self.given(), self.branch)


class TransitionCreate(BaseModel):
    """A move of a listing to another state."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"to": "sold", "sold_price_pkr": 3400000}]}
    )

    to: ListingStatus = Field(description="The present state makes it your own word, which feeds leave alone.")
    sold_price_pkr: Annotated[int, Field(gt=0, le=10**12), JSON_NUMBER] | None = Field(
        default=None, description="With `sold`; for your organisation alone."
    )
    sold_on: Annotated[date, JSON_DAY] | None = Field(
        default=None,
        description="With `sold`; for your organisation alone. From the year before the model year until today.",
    )
    leave_to_feed: Annotated[bool, JSON_TRUTH] = Field(
        default=False, description="The feed decides about the state from now on."
    )
    reason: Annotated[str, Field(min_length=1, max_length=300), ONE_LINE] | None = Field(
        default=None, description="For the audit trail."
    )

    def move(self) -> Move:
        """Return it for the service."""
        return Move(self.to, Sale(self.sold_price_pkr, self.sold_on), self.leave_to_feed, self.reason)


class PricePointRead(BaseModel):
    """A price from a moment on. null: call for price."""

    price_pkr: int | None
    observed_at: datetime
    source: str = Field(description="feed, form, private or api.")


class ManagedListingRead(CarFields):
    """A car as its owner sees it, in any state."""

    model_config = ConfigDict(json_schema_extra={"examples": [MANAGED_EXAMPLE]})

    org: str
    branch: str | None
    status: ListingStatus
    decided_by: str = Field(description="Whose word the state is: feed, person, deposit or platform.")
    asked_status: ListingStatus | None = Field(
        description="The state that was asked for while a deposit holds the car, which it takes when the deposit ends."
    )
    etag: str = Field(description="Send it in If-Match with the next change.")
    renewed_at: datetime | None = Field(
        description="When people last put it on offer or said that it still is. A private ad's term begins here."
    )
    source: str = Field(description="feed, form, private or api.")
    visibility: Visibility
    channels: list[Channel]
    kept_fields: list[str] = Field(description="Columns of a feed's car that people set.")
    chassis_number: str | None = Field(
        description="For its organisation, or the seller of a private ad, alone; null for moderators."
    )
    sold_price_pkr: int | None = Field(
        description="For its owner alone: null for moderators. Also of a sale that was asked for while a deposit holds"
        " the car."
    )
    sold_on: date | None = Field(description="As `sold_price_pkr`.")
    prices: list[PricePointRead] = Field(description="The newest first, at most 20.")

    @classmethod
    def of(cls, view: ManagedListing) -> "ManagedListingRead":
        """Make it from the service's view."""
        own: dict[str, Any] = {
            "org": view.org,
            "branch": view.branch,
            "decided_by": view.listing.state_by,
            "asked_status": view.asked_status,
            "etag": view.etag,
            "kept_fields": view.kept_fields,
            "chassis_number": view.chassis_number,
            "sold_price_pkr": view.sale.price_pkr,
            "sold_on": view.sale.on,
            "prices": [PricePointRead(**vars(point)) for point in view.prices],
        }
        return cls(**{name: getattr(view.listing, name) for name in cls.model_fields if name not in own}, **own)
