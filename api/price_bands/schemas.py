"""What goes in and out of the price band endpoints."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.parameters import Name
from core.listing_frame import EARLIEST_MODEL_YEAR
from core.vocabulary import Assembly, BandMethod, Body, Fuel, Transmission
from serving.price_bands.question import LATEST_YEAR, MAX_CC, MAX_KM, MAX_KWH, CarQuestion
from serving.price_bands.service import Band, ListingBand

_METHOD = "`model`: the price model. `comparables`: cars like it. `none`: nothing honest can be said; see `reason`."
_BAND: dict[str, JsonValue] = {
    "low_pkr": 3_250_000,
    "mid_pkr": 3_500_000,
    "high_pkr": 3_800_000,
    "confidence": 0.81,
    "method": "model",
    "reason": None,
    "reason_text": None,
    "model_version": "20260509-081500-3fa9c1",
}
_NO_BAND: dict[str, JsonValue] = {
    "low_pkr": None,
    "mid_pkr": None,
    "high_pkr": None,
    "confidence": 0.0,
    "method": "none",
    "reason": "no_model",
    "reason_text": "No price model has been trained yet.",
    "model_version": None,
}


class PriceBandRead(BaseModel):
    """What a car is worth, in whole rupees: low <= mid <= high, or no band at all and the reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [_BAND, _NO_BAND]})

    low_pkr: int | None
    mid_pkr: int | None
    high_pkr: int | None
    confidence: float = Field(
        ge=0, le=1, description="Probability that the asking price is within 15 % of `mid_pkr`; 0 without a band."
    )
    method: BandMethod = Field(description=_METHOD)
    reason: str | None = Field(description="Stable code of why there is no band; null where there is one.")
    reason_text: str | None = Field(description="The same for people.")
    model_version: str | None = Field(description="The price model that was asked; null before the first training.")

    @classmethod
    def of(cls, band: Band) -> "PriceBandRead":
        """From what the service gives."""
        return cls(**{name: getattr(band, name) for name in PriceBandRead.model_fields})


class ListingPriceBandRead(BaseModel):
    """The band of a listing as of the last refresh, beside what is asked for the car."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "listing_id": "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b",
                    "price_pkr": 3_550_000,
                    "band": band,
                    "computed_at": "2026-05-09T08:15:00Z",
                }
                for band in (_BAND, _NO_BAND)
            ]
        }
    )

    listing_id: UUID
    price_pkr: int | None = Field(description="What is asked; null: call for price.")
    band: PriceBandRead
    computed_at: datetime

    @classmethod
    def of(cls, found: ListingBand, computed_at: datetime) -> "ListingPriceBandRead":
        """From what the service gives, once it has been computed."""
        band = PriceBandRead.of(found.band)
        return cls(listing_id=found.listing_id, price_pkr=found.price_pkr, band=band, computed_at=computed_at)


class PriceBandQuote(BaseModel):
    """A car to put a price on. The more is said, the narrower the band."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "make": "Toyota",
                    "model": "Corolla",
                    "variant": "GLi 1.3 VVTi",
                    "model_year": 2018,
                    "mileage_km": 84000,
                    "transmission": "manual",
                    "city": "Lahore",
                },
                {"make": "Suzuki", "model": "Alto", "model_year": 2021},
            ]
        },
    )

    make: Name
    model: Name
    model_year: int = Field(ge=EARLIEST_MODEL_YEAR, le=LATEST_YEAR)
    variant: Name | None = Field(default=None, description="Trim.")
    mileage_km: int | None = Field(default=None, ge=0, le=MAX_KM)
    fuel: Fuel | None = None
    transmission: Transmission | None = None
    body: Body | None = None
    assembly: Assembly | None = None
    engine_cc: int | None = Field(default=None, ge=1, le=MAX_CC)
    battery_kwh: float | None = Field(default=None, ge=1, le=MAX_KWH)
    city: Name | None = None
    province: Name | None = None
    registered_in: Name | None = None

    def car(self) -> CarQuestion:
        """The car as the service takes it."""
        return CarQuestion(**self.model_dump())
