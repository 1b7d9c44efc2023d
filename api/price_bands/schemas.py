"""What goes in and out of the price band endpoints."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from api.parameters import Name, sound_text
from core.listing_frame import EARLIEST_MODEL_YEAR
from core.vocabulary import Assembly, BandMethod, Body, Color, Fuel, Transmission

_Words = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(sound_text)]
_METHOD = "`model`: the price model. `comparables`: cars like it. `none`: nothing honest can be said; see `reason`."
_BAND: dict[str, JsonValue] = {
    "low_pkr": 3_250_000,
    "mid_pkr": 3_500_000,
    "high_pkr": 3_800_000,
    "confidence": 0.81,
    "method": "model",
    "reason": None,
    "model_version": "20260509-081500-3fa9c1",
}
_NO_BAND: dict[str, JsonValue] = {
    "low_pkr": None,
    "mid_pkr": None,
    "high_pkr": None,
    "confidence": 0.0,
    "method": "none",
    "reason": "no_model",
    "model_version": None,
}


class PriceBandRead(BaseModel):
    """What a car is worth, in whole rupees: low <= mid <= high, or no band at all and the reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [_BAND, _NO_BAND]})

    low_pkr: int | None
    mid_pkr: int | None = Field(description="The price that is as likely too high as too low.")
    high_pkr: int | None
    confidence: float = Field(ge=0, le=1, description="0 to 1; 0 where there is no band.")
    method: BandMethod = Field(description=_METHOD)
    reason: str | None = Field(description="Stable code of why there is no band; null where there is one.")
    model_version: str | None = Field(description="The price model that answered, where one did.")


class ListingPriceBandRead(PriceBandRead):
    """The band of a listing, as of the last refresh."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                band | {"listing_id": "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b", "computed_at": "2026-05-09T08:15:00Z"}
                for band in (_BAND, _NO_BAND)
            ]
        }
    )

    listing_id: UUID
    computed_at: datetime


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
    model_year: int = Field(ge=EARLIEST_MODEL_YEAR, le=2200)
    variant: _Words | None = Field(default=None, description="Trim.")
    mileage_km: int | None = Field(default=None, ge=0, le=5_000_000)
    fuel: Fuel | None = None
    transmission: Transmission | None = None
    body: Body | None = None
    assembly: Assembly | None = None
    color: Color | None = None
    engine_cc: int | None = Field(default=None, ge=1, le=20_000)
    battery_kwh: float | None = Field(default=None, gt=0, le=1_000)
    city: Name | None = None
    province: Name | None = None
    registered_in: Name | None = None
