"""Requests and answers of the price band endpoints."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.parameters import JSON_NUMBER, Name
from api.price_bands.explanations import EXPLANATION, ExplanationRead
from api.price_bands.sales import NO_SALE, NO_SALE_WITHOUT_BAND, SALE, ExpectedSaleRead
from core.listing_frame import EARLIEST_MODEL_YEAR
from core.prices.deal_ratings import DealRating
from core.vocabulary import Assembly, BandMethod, Body, Fuel, Transmission
from serving.price_bands.service import (
    LATEST_YEAR,
    MAX_CC,
    MAX_KM,
    MAX_KWH,
    MAX_PKR,
    Band,
    Explanation,
    ListingBand,
    QuoteRequest,
)

_METHOD = (
    "`model`: the price model knows the model. `family`: it knows the model at other years, or the model family. "
    "`comparables`: the nearest cars of the make. `none`: nothing honest can be said; see `reason`."
)
_RATING = (
    "`great`: below the band; `good`: nearer to low than to mid; `fair`: around mid; `high`: nearer to high than to "
    "mid; `overpriced`: above the band. Null without a price or a band."
)
_LEVEL = (
    "Lower end of the band that holds {} % of asking prices; `low_pkr` to `high_pkr` holds 80 %. Null without a band, "
    "and for a stored band of before these were kept, until the next refresh."
)
_UNRATED: dict[str, JsonValue] = {
    "price_pkr": None,
    "deal_rating": None,
    "expected_sale": NO_SALE | {"asked_pkr": 3_500_000},
    "explanation": EXPLANATION,
}
_SALE = "Bands are of asking prices; this is what cars sell for."
_BAND: dict[str, JsonValue] = {
    "low_pkr": 3_250_000,
    "mid_pkr": 3_500_000,
    "high_pkr": 3_800_000,
    "confidence": 0.81,
    "method": "model",
    "reason": None,
    "reason_text": None,
    "model_version": "20260509-081500-3fa9c1",
    "low_50_pkr": 3_365_000,
    "high_50_pkr": 3_640_000,
    "low_90_pkr": 3_100_000,
    "high_90_pkr": 3_985_000,
    "did_you_mean": None,
}
_NOTE: dict[str, JsonValue] = {
    "input": "variant",
    "code": "unknown_trim",
    "text": "No Toyota Corolla with 'grnde' in its trim is known: the band does not rest on it. Did you mean grande?",
    "did_you_mean": "grande",
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
    "low_50_pkr": None,
    "high_50_pkr": None,
    "low_90_pkr": None,
    "high_90_pkr": None,
    "did_you_mean": None,
}


class PriceBandRead(BaseModel):
    """A car's estimated asking price in rupees: low_90 <= low <= low_50 <= mid, upwards alike; or no band, and why."""

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
    model_version: str | None = Field(description="The version of the price model; null before the first training.")
    low_50_pkr: int | None = Field(description=_LEVEL.format(50))
    high_50_pkr: int | None = Field(description="Its upper end.")
    low_90_pkr: int | None = Field(description=_LEVEL.format(90))
    high_90_pkr: int | None = Field(description="Its upper end.")
    did_you_mean: str | None = Field(description="A known make or model that is spelled alike, where yours is unknown.")

    @classmethod
    def of(cls, band: Band) -> "PriceBandRead":
        """Make it from the service's band."""
        return cls(**{name: getattr(band, name) for name in PriceBandRead.model_fields})


class QuoteNoteRead(BaseModel):
    """A part of the request that the band takes no account of."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_NOTE]})

    input: str = Field(description="The field of the request.")
    code: str = Field(description="`unknown_trim`: no known car of the model has this word in its trim.")
    text: str = Field(description="The same for people.")
    did_you_mean: str | None = Field(description="A known word that is spelled alike.")


class PriceBandQuoteRead(PriceBandRead):
    """A quote: the band, how the asking price stands to it, and an explanation on request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_BAND, "price_pkr": 3_550_000, "deal_rating": "fair", "notes": [], "expected_sale": SALE}
                | {"explanation": None},
                {**_BAND, **_UNRATED, "notes": [_NOTE]},
                {**_NO_BAND, "price_pkr": 3_300_000, "deal_rating": None, "notes": [], "explanation": None}
                | {"expected_sale": NO_SALE_WITHOUT_BAND},
            ]
        }
    )

    price_pkr: int | None = Field(description="The asking price in the request.")
    deal_rating: DealRating | None = Field(description=_RATING)
    notes: list[QuoteNoteRead] = Field(description="What was stated and the band does not rest on.")
    expected_sale: ExpectedSaleRead = Field(description=_SALE)
    explanation: ExplanationRead | None = Field(description="Null without `explain=true`.")

    @classmethod
    def answer(cls, band: Band, price_pkr: int | None, explanation: Explanation | None = None) -> "PriceBandQuoteRead":
        """Make it from the services' band and explanation."""
        return cls(
            **{name: getattr(band, name) for name in PriceBandRead.model_fields},
            price_pkr=price_pkr,
            deal_rating=band.rating(price_pkr),
            notes=[QuoteNoteRead.model_validate(note) for note in band.notes],
            expected_sale=ExpectedSaleRead.of(band.expected_sale),
            explanation=None if explanation is None else ExplanationRead.of(explanation),
        )


class ListingPriceBandRead(BaseModel):
    """The band of a listing as of the last refresh, beside the car's asking price."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "listing_id": "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b",
                    "price_pkr": 3_550_000,
                    "band": band,
                    "deal_rating": rating,
                    "computed_at": "2026-05-09T08:15:00Z",
                    "expected_sale": sale,
                    "explanation": explanation,
                }
                for band, rating, sale, explanation in (
                    (_BAND, "fair", SALE, None),
                    (_NO_BAND, None, NO_SALE_WITHOUT_BAND, None),
                    (_BAND, "fair", NO_SALE, EXPLANATION),
                )
            ]
        }
    )

    listing_id: UUID
    price_pkr: int | None = Field(description="The asking price; null: call for price.")
    band: PriceBandRead
    deal_rating: DealRating | None = Field(
        description=f"{_RATING} Null also from a change of the listing until its band is renewed, within a minute."
    )
    computed_at: datetime
    expected_sale: ExpectedSaleRead = Field(description=_SALE)
    explanation: ExplanationRead | None = Field(description="Null without `explain=true`.")

    @classmethod
    def of(
        cls, listing: ListingBand, computed_at: datetime, explanation: Explanation | None = None
    ) -> "ListingPriceBandRead":
        """Make it from the services' band, once that has been computed, and explanation."""
        return cls(
            listing_id=listing.listing_id,
            price_pkr=listing.price_pkr,
            band=PriceBandRead.of(listing.band),
            deal_rating=listing.rating,
            computed_at=computed_at,
            expected_sale=ExpectedSaleRead.of(listing.sale),
            explanation=None if explanation is None else ExplanationRead.of(explanation),
        )


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
                    "price_pkr": 3300000,
                },
                {"make": "Suzuki", "model": "Alto", "model_year": 2021},
            ]
        },
    )

    make: Name
    model: Name
    model_year: Annotated[int, Field(ge=EARLIEST_MODEL_YEAR, le=LATEST_YEAR), JSON_NUMBER]
    variant: Name | None = Field(default=None, description="Trim.")
    mileage_km: Annotated[int, Field(ge=0, le=MAX_KM), JSON_NUMBER] | None = None
    fuel: Fuel | None = None
    transmission: Transmission | None = None
    body: Body | None = None
    assembly: Assembly | None = None
    engine_cc: Annotated[int, Field(ge=1, le=MAX_CC), JSON_NUMBER] | None = None
    battery_kwh: Annotated[float, Field(ge=1, le=MAX_KWH), JSON_NUMBER] | None = None
    city: Name | None = None
    province: Name | None = None
    registered_in: Name | None = None
    price_pkr: Annotated[int, Field(ge=1, le=MAX_PKR), JSON_NUMBER] | None = Field(
        default=None, description="The asking price, to be rated; it never moves the band."
    )

    def car(self) -> QuoteRequest:
        """Make the service's question of it."""
        return QuoteRequest(**vars(self))
