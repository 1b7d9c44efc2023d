"""The history of a car as its owner reads it."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.listings.write_schemas import PricePointRead
from api.parameters import EXAMPLE_LISTING_ID
from core.vocabulary import ListingStatus
from serving.listings.management.car_history import CarHistory

_MOMENT = "2026-05-02T08:15:00Z"
_LISTING: dict[str, Any] = {
    "listing_id": str(EXAMPLE_LISTING_ID),
    "source_key": "K-3",
    "status": "live",
    "first_seen_at": _MOMENT,
    "removed_at": None,
}
_PRICE: dict[str, Any] = {
    "listing_id": str(EXAMPLE_LISTING_ID),
    "price_pkr": 3550000,
    "observed_at": _MOMENT,
    "source": "feed",
}


class CarListingRead(BaseModel):
    """One listing of the car."""

    listing_id: UUID
    source_key: str = Field(description="Its stock number.")
    status: ListingStatus
    first_seen_at: datetime
    removed_at: datetime | None = Field(description="Since when it is no longer on offer, if it ever was.")


class CarPriceRead(PricePointRead):
    """A price of the car, and the listing that it stood on."""

    listing_id: UUID


class CarHistoryRead(BaseModel):
    """A car as one organisation, or one private seller, has offered it, under one or several stock numbers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "chassis_number": "NZE141-6012345",
                    "first_seen_at": _MOMENT,
                    "listings": [_LISTING],
                    "prices": [_PRICE],
                }
            ]
        }
    )

    chassis_number: str | None = Field(description="For its owner alone; null for moderators, and where none is known.")
    first_seen_at: datetime = Field(description="When the seller first offered the car.")
    listings: list[CarListingRead] = Field(description="The newest first, at most 20.")
    prices: list[CarPriceRead] = Field(description="Of all these listings, the newest first, at most 100.")

    @classmethod
    def of(cls, history: CarHistory) -> Self:
        """Make it from the service's view."""
        listings = [
            CarListingRead(
                listing_id=each.id,
                source_key=each.source_key,
                status=ListingStatus(each.status),
                first_seen_at=each.created_at,
                removed_at=each.removed_at,
            )
            for each in history.listings
        ]
        prices = [CarPriceRead(**vars(each)) for each in history.prices]
        first = history.first_seen_at
        return cls(chassis_number=history.chassis_number, first_seen_at=first, listings=listings, prices=prices)
