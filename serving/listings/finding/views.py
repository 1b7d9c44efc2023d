"""The fields of a listing that leave the platform."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from core.prices.deal_ratings import DealRating
from serving.photos.views import PhotoView

OpenState = Literal["live", "reserved"]
"""The states that strangers may open, as the table of states says (a test holds them equal)."""


@dataclass(frozen=True, slots=True)
class ListingView:
    """The fields of a listing that everyone who may see it may read.

    Left out on purpose: internal ids of organisation, branch and file, the dealer's own key, row and digest,
    visibility and channels. They tell a competitor about the dealer, and a shopper nothing about the car.
    """

    id: UUID
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
    battery_kwh: float | None
    city: str | None
    area: str | None
    province: str | None
    registered_in: str | None
    description: str | None
    remote_photos: list[str]  # the feed's own addresses
    photo_count: int
    photo_score: int | None
    has_good_photos: bool
    url: str | None
    listed_on: date | None
    status: OpenState
    created_at: datetime
    updated_at: datetime
    dealer_code: str
    dealer_name: str
    dealer_kind: str
    photos: list[PhotoView]  # in order; in lists the cover alone
    deal_rating: DealRating | None  # of the asking price by the present band; None without either
