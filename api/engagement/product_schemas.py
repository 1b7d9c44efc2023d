"""Answers about counts of events."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.parameters import EXAMPLE_LISTING_ID
from core.prices.deal_ratings import DealRating
from serving.engagement.analytics import Activity, Analytics
from serving.engagement.benchmarks import Demand, DemandCell

_FIGURES: dict[str, JsonValue] = {
    "views": 480, "visitors": 310, "sessions": 365, "impressions": 5200, "contacts": 24, "leads": 9,
    "leads_answered": 8, "deposits": 1, "sales": 2, "bot_views": 31, "staff_views": 12, "contact_rate": 0.05,
    "lead_rate": 0.0188, "click_rate": 0.21,
}  # fmt: skip
_ACTIVITY: dict[str, JsonValue] = {
    "from": "2026-11-01",
    "to": "2026-11-20",
    "complete_until": "2026-11-20T10:00:00Z",
    "uniques": "exact",
    "figures": _FIGURES,
    "rows": [{"key": "2026-11-01", **_FIGURES}],
}

_FUNNEL: dict[str, JsonValue] = {
    "from": "2026-10-22",
    "to": "2026-11-20",
    "rows": [
        {
            "key": "total",
            "steps": [
                {"step": "search", "count": 900, "p50_seconds": None, "p90_seconds": None},
                {"step": "view", "count": 480, "p50_seconds": 21, "p90_seconds": 190},
                {"step": "contact", "count": 24, "p50_seconds": 75, "p90_seconds": 90000},
                {"step": "lead", "count": 9, "p50_seconds": 310, "p90_seconds": 180000},
                {"step": "deposit", "count": 1, "p50_seconds": None, "p90_seconds": None},
                {"step": "sold", "count": 2, "p50_seconds": None, "p90_seconds": None},
            ],
        }
    ],
}


class FiguresRead(BaseModel):
    """Counts of shoppers' acts. Bots, staff and the owner count in `bot_views` and `staff_views` alone."""

    views: int
    visitors: int = Field(description="Distinct devices of the views, over the whole range.")
    sessions: int = Field(description="Distinct sessions of the views, over the whole range.")
    impressions: int = Field(description="How often cars stood in lists of results.")
    contacts: int = Field(description="Revealed contacts, WhatsApp clicks and calls.")
    leads: int
    leads_answered: int
    deposits: int
    sales: int
    bot_views: int
    staff_views: int = Field(description="By staff, and by the car's owner or its organisation.")
    contact_rate: float | None = Field(description="Contacts a view.")
    lead_rate: float | None = Field(description="Leads a view.")
    click_rate: float | None = Field(description="Clicks by how likely shoppers looked at the car's place in lists.")


class KeyFiguresRead(FiguresRead):
    """Figures of a day, a branch or a listing."""

    key: str = Field(description="The day of Asia/Karachi, or the id of the branch or listing.")


class ActivityRead(BaseModel):
    """Figures of a range of days of Asia/Karachi, both included, with the hour that is still open."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ACTIVITY]}, populate_by_name=True)

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    complete_until: datetime = Field(description="What happened before is all counted; later figures may still grow.")
    uniques: str = Field(description="How good `visitors` and `sessions` are: exact, within a bound, or expired.")
    figures: FiguresRead
    rows: list[KeyFiguresRead] = Field(description="By the key that was asked for.")

    @classmethod
    def of(cls, found: Activity) -> Self:
        """Make it from the service's answer."""
        return cls.model_validate(found, from_attributes=True, by_name=True)


class ResponseTimeRead(BaseModel):
    """First answers to leads that were given in the range; minutes are working minutes."""

    answers: int
    median_minutes: float | None
    p90_minutes: float | None
    late: int = Field(description="Of these, those after the deadline.")


class StaleCarRead(BaseModel):
    """A car that has been on offer for long."""

    listing_id: UUID
    title: str
    days: int
    price_pkr: int | None
    suggested_price_pkr: int | None = Field(description="The middle of its band, where it asks more than that.")
    move_pkr: int | None = Field(description="From its price to the suggested one.")


class StockFiguresRead(BaseModel):
    """Cars on offer now."""

    cars: int
    median_days: float | None = Field(description="Days on offer.")
    price_position: dict[DealRating, float | None] = Field(description="Share of the rated cars by deal rating.")
    unrated: int = Field(description="Cars without a price or a band.")
    stale: int = Field(description="Cars on offer for 60 days or longer.")
    stale_cars: list[StaleCarRead] = Field(description="The 20 that have stood longest.")


class BenchmarkRead(BaseModel):
    """Other dealers' public cars of the same city and body; null where fewer than five dealers or one above half."""

    city: str
    body: str
    month: str
    dealers: int | None
    cars: int | None
    median_days: float | None
    views_per_car: float | None = Field(description="Of the month.")


class FunnelStepRead(BaseModel):
    """The number that came to a step: pairs of a shopper and a car; of `deposit` deposits, of `sold` cars."""

    step: Literal["search", "view", "contact", "lead", "deposit", "sold"]
    count: int | None = Field(description="Null where no event of this step is known at all.")
    p50_seconds: int | None = Field(
        description="From the search to the view, from the first view to later steps; "
        "null where fewer than five came in this order."
    )
    p90_seconds: int | None


class KeyFunnelRead(BaseModel):
    """The funnel of the organisation, or of a branch, model, city or source."""

    key: str = Field(description="`total`: of the organisation.")
    steps: list[FunnelStepRead]


class FunnelRead(BaseModel):
    """The shoppers at each step from search to sale, of the 30 days up to the newest counted day of the range."""

    model_config = ConfigDict(populate_by_name=True)

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    rows: list[KeyFunnelRead] = Field(
        description="By branch, model, city or source where that was asked for; roles "
        "that are narrowed to branches read those."
    )


class AnalyticsRead(BaseModel):
    """A dealer's dashboard."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "activity": _ACTIVITY,
                    "previous": {**_ACTIVITY, "from": "2026-10-12", "to": "2026-10-31", "rows": []},
                    "response_time": {"answers": 8, "median_minutes": 12.5, "p90_minutes": 48.0, "late": 1},
                    "stock": {
                        "cars": 1, "median_days": 64.0, "unrated": 0, "stale": 1,
                        "price_position": {"great": 0.0, "good": 0.0, "fair": 0.0, "high": 1.0, "overpriced": 0.0},
                        "stale_cars": [
                            {
                                "listing_id": str(EXAMPLE_LISTING_ID), "title": "Toyota Corolla GLi 2018", "days": 64,
                                "price_pkr": 3600000, "suggested_price_pkr": 3410000, "move_pkr": -190000,
                            }
                        ],
                    },
                    "benchmarks": [
                        {
                            "city": "Lahore", "body": "sedan", "month": "2026-11", "dealers": 14, "cars": 210,
                            "median_days": 31.0, "views_per_car": 42.5,
                        }
                    ],
                    "funnel": _FUNNEL,
                }
            ]
        }
    )  # fmt: skip

    activity: ActivityRead
    previous: ActivityRead = Field(description="The period of the same length before.")
    response_time: ResponseTimeRead
    stock: StockFiguresRead
    benchmarks: list[BenchmarkRead] = Field(description="The cells of city and body where most of the stock stands.")
    funnel: FunnelRead | None = Field(description="Null where none was written for a day of the range yet.")

    @classmethod
    def of(cls, found: Analytics) -> Self:
        """Make it from the service's answer."""
        return cls.model_validate(found, from_attributes=True, by_name=True)


class DemandRead(BaseModel):
    """Demand in a cell of the market; null where it rests on too few sellers, or on one for more than half."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "make": "Toyota", "model": "Corolla", "city": "Lahore", "month": "2026-11", "supply": 310,
                    "views": 14200, "demand_index": 45.8065, "median_days_to_sell": 21.0, "price_drop_share": 0.18,
                }
            ]
        }
    )  # fmt: skip

    make: str
    model: str | None
    city: str | None
    month: str
    supply: int | None = Field(description="Public cars on offer now.")
    views: int | None = Field(description="Of these cars, in the month.")
    demand_index: float | None = Field(description="Views a car on offer.")
    median_days_to_sell: float | None = Field(description="Of cars that were sold in the month.")
    price_drop_share: float | None = Field(description="Share of the cars whose price dropped in the month.")

    @classmethod
    def of(cls, cell: DemandCell, found: Demand) -> Self:
        """Make it from the question and the service's answer."""
        values: dict[str, Any] = {**vars(cell), **vars(found)}
        return cls(**values)
