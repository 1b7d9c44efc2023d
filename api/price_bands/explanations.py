"""Answers that explain a price, and the market index."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.price_bands.forecasts import FORECAST, ForecastRead
from core.prices.deal_ratings import DealRating
from serving.price_bands.service import Explanation, IndexSeries, NoForecast

_MONTHS: list[JsonValue] = [
    {"month": "2026-03-01", "level": 103.9, "low": 102.6, "high": 105.2, "samples": 214},
    {"month": "2026-04-01", "level": 105.1, "low": 103.8, "high": 106.4, "samples": 231},
]
EXPLANATION: dict[str, JsonValue] = {
    "mid_pkr": 3_500_000,
    "reference": {
        "price_pkr": 3_250_000,
        "listings": 412,
        "car": {
            "model_year": 2016, "mileage_km": 98_000, "engine_cc": 1300, "variant": "GLi 1.3 VVTi", "fuel": "petrol",
            "transmission": "manual", "body": "sedan", "assembly": "local", "city": "Lahore", "province": "Punjab",
            "registered_in": "Lahore",
        },
    },
    "contributions": [
        {"input": "year", "pkr": 310_000}, {"input": "mileage", "pkr": 55_000},
        {"input": "not_stated", "pkr": -115_000},
    ],
    "comparables": [
        {
            "id": "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b", "title": "Toyota Corolla GLi 1.3 2018",
            "model_year": 2018, "mileage_km": 91_000, "price_pkr": 3_550_000, "city": "Lahore",
            "listed_on": "2026-05-02", "distance": 0.58, "deal_rating": "fair",
        }
    ],
    "trend": {"segment_kind": "model", "make": "Toyota", "model": "Corolla", "change": 0.0115, "months": _MONTHS},
    "narrowings": [{"input": "variant", "now": 0.132, "stated": 0.091}],
}  # fmt: skip


class ContributionRead(BaseModel):
    """The amount that one input adds to the price of the typical car, or takes from it."""

    model_config = ConfigDict(from_attributes=True)

    input: str = Field(description="year, mileage, variant, engine, fuel, transmission, body, assembly, color, city, "
                       "registered_in, or not_stated: what the typical car has and this one omits.")  # fmt: skip
    pkr: int


class TypicalCarRead(BaseModel):
    """Middle values of the numbers and the most frequent words among the cars of the model on offer."""

    model_year: int | None
    mileage_km: int | None
    engine_cc: int | None
    variant: str | None
    fuel: str | None
    transmission: str | None
    body: str | None
    assembly: str | None
    city: str | None
    province: str | None
    registered_in: str | None


class ReferenceRead(BaseModel):
    """The typical car of the model on offer, with its price by the price model."""

    model_config = ConfigDict(from_attributes=True)

    price_pkr: int
    listings: int = Field(description="Cars of the model that you may see; at most 3,000 are looked at.")
    car: TypicalCarRead


class ComparableRead(BaseModel):
    """A live listing like the car in question."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    model_year: int
    mileage_km: int | None
    price_pkr: int
    city: str | None
    listed_on: date | None
    distance: float = Field(ge=0, description="1 is a car one model year apart and otherwise equal.")
    deal_rating: DealRating | None = Field(description="Of its own price by its own band; null before a refresh.")


class IndexMonthRead(BaseModel):
    """The level of asking prices of like cars in a month, with its 95 % interval."""

    model_config = ConfigDict(from_attributes=True)

    month: date = Field(description="Its first day.")
    level: float = Field(gt=0, description="100 in the base month.")
    low: float
    high: float
    samples: int = Field(description="Ads of the segment in the month.")


class TrendRead(BaseModel):
    """The trend of prices of similar cars: the model's index, else its make's, else the market's."""

    model_config = ConfigDict(from_attributes=True)

    segment_kind: str = Field(description="model, make or market.")
    make: str | None
    model: str | None
    change: float = Field(description="Of the last month against the first one shown: 0.04 is 4 % dearer.")
    months: list[IndexMonthRead] = Field(description="At most 12, oldest first; a month without enough ads is absent.")


class NarrowingRead(BaseModel):
    """An input that the car does not state, and how far the band reaches with and without it."""

    model_config = ConfigDict(from_attributes=True)

    input: str = Field(description="As in `contributions`.")
    now: float = Field(description="Half of the 80 % band as a share of its middle: 0.09 is plus or minus 9 %.")
    stated: float = Field(description="The same with the input stated.")


class ExplanationRead(BaseModel):
    """The explanation of a price: `reference.price_pkr` + all contributions = `mid_pkr`, to the rupee."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [EXPLANATION]})

    mid_pkr: int | None = Field(description="The explained price, by the present price model.")
    reference: ReferenceRead | None = Field(description="Null where fewer than 3 cars of the model are on offer.")
    contributions: list[ContributionRead] = Field(description="The largest first; empty without a reference.")
    comparables: list[ComparableRead] = Field(description="At most 6 live priced cars of the model, nearest first.")
    trend: TrendRead | None = Field(description="Null until there is an index of two months.")
    narrowings: list[NarrowingRead] = Field(
        description="Unstated inputs that would narrow the band, stated as the typical car has them, the most useful "
        "first; empty without a reference."
    )

    @classmethod
    def of(cls, explanation: Explanation) -> "ExplanationRead":
        """Make it from the service's."""
        return cls.model_validate(explanation)


class MarketIndexRead(BaseModel):
    """The market index of a segment, month by month."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {"segment_kind": "model", "make": "Toyota", "model": "Corolla", "base_month": "2025-04-01",
                 "months": _MONTHS, "forecasts": [FORECAST], "no_forecast": None},
                {"segment_kind": "market", "make": None, "model": None, "base_month": "2025-04-01", "months": _MONTHS,
                 "forecasts": [], "no_forecast": "not_enough_months"},
            ]
        },
    )  # fmt: skip

    segment_kind: str = Field(description="model, make or market.")
    make: str | None
    model: str | None
    base_month: date = Field(description="Where the level is 100.")
    months: list[IndexMonthRead] = Field(description="Oldest first; a month without enough ads is absent.")
    forecasts: list[ForecastRead] = Field(description="3 and 6 months ahead, as far as there are past months to test.")
    no_forecast: NoForecast | None = Field(
        description="Why there is no forecast: `not_enough_cars`: the newest month has fewer than 5 cars or 3 sellers; "
        "`not_enough_months`: fewer than 12 past months from which the same could be tried."
    )

    @classmethod
    def of(cls, series: IndexSeries) -> "MarketIndexRead":
        """Make it from the service's."""
        return cls.model_validate(series)
