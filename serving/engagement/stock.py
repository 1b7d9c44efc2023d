"""Tell a dealer how its stock stands: days in stock, prices against their bands, and cars that do not move."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from core.clock import PAKISTAN
from core.db.tables import Listing
from core.db.tables.leads import Lead, LeadClock
from core.db.tables.price_bands import PriceBand
from core.deal_ratings import DealRating, deal_rating_sql, has_present_band
from core.listing_states import in_states
from pipelines.engagement.days import DayRange
from serving.engagement.counted import Scope
from serving.engagement.figures import share

STALE_DAYS: Final = 60
"""A car that has been on offer this long is stale."""
MOST_STALE: Final = 20
_STEP_PKR: Final = 5_000


@dataclass(frozen=True)
class StaleCar:
    """A car that has stood long. Without a band, or below its middle, `suggested_price_pkr` is null."""

    listing_id: UUID
    title: str
    days: int
    price_pkr: int | None
    suggested_price_pkr: int | None
    move_pkr: int | None


@dataclass(frozen=True)
class Stock:
    """Cars on offer now. `price_position`: the share of rated cars by rating; unrated ones have no price or band."""

    cars: int
    median_days: float | None
    price_position: dict[str, float | None]
    unrated: int
    stale: int
    stale_cars: list[StaleCar]
    cells: list[tuple[str, str]]


@dataclass(frozen=True)
class ResponseTime:
    """Working minutes until the first answers that were given in the range."""

    answers: int
    median_minutes: float | None
    p90_minutes: float | None
    late: int


def read_stock(session: Session, scope: Scope, today: date, most_cells: int) -> Stock:
    """Read the cars on offer; `cells` are the city and body of the most of them."""
    rated = deal_rating_sql(Listing.price_pkr, PriceBand.low_pkr, PriceBand.mid_pkr, PriceBand.high_pkr)
    query = (
        select(Listing.id, Listing.title, Listing.price_pkr, Listing.listed_on, Listing.created_at, Listing.city,
               Listing.body, PriceBand.mid_pkr, rated.label("rating"))
        .outerjoin(PriceBand, has_present_band())
        .where(*_own(scope), in_states(Listing.status, "searched"))
    )  # fmt: skip
    rows = session.execute(query).all()
    days = {row.id: days_in_stock(row.listed_on, row.created_at, today) for row in rows}
    ratings = [row.rating for row in rows if row.rating is not None]
    stale = sorted((row for row in rows if days[row.id] >= STALE_DAYS), key=lambda row: (-days[row.id], row.id))
    return Stock(
        cars=len(rows),
        median_days=median(list(days.values())),
        price_position={str(each): share(ratings.count(each), len(ratings)) for each in DealRating},
        unrated=len(rows) - len(ratings),
        stale=len(stale),
        stale_cars=[_stale(row, days[row.id]) for row in stale[:MOST_STALE]],
        cells=_cells(rows, most_cells),
    )


def read_response_time(session: Session, scope: Scope, days: DayRange) -> ResponseTime:
    """Measure the first answers that were given in a range of days."""
    minutes = LeadClock.working_seconds / 60
    mine: list[ColumnElement[bool]] = [Lead.org_id == scope.org_id, Lead.seller_id.is_(None)]
    if scope.branch_ids is not None:
        mine.append(Lead.branch_id.in_(list(scope.branch_ids)))
    query = (
        select(
            func.count(),
            func.percentile_cont(0.5).within_group(minutes),
            func.percentile_cont(0.9).within_group(minutes),
            func.count().filter(LeadClock.late.is_(True)),
        )
        .join(Lead, and_(Lead.id == LeadClock.lead_id, *mine))
        .where(LeadClock.org_id == scope.org_id, LeadClock.kind == "first_answer")
        .where(LeadClock.answered_at >= days.start, LeadClock.answered_at < days.end)
        .where(LeadClock.working_seconds.is_not(None))
    )
    answers, middle, p90, late = session.execute(query).one()
    return ResponseTime(answers, _rounded(middle), _rounded(p90), late)


def days_in_stock(listed_on: date | None, created_at: datetime, today: date) -> int:
    """Return since how many days of the market a car is on offer, by its ad's own date where it has one.

    >>> days_in_stock(date(2026, 11, 1), datetime(2026, 11, 9, tzinfo=PAKISTAN), date(2026, 11, 11))
    10
    """
    return max(0, (today - (listed_on or created_at.astimezone(PAKISTAN).date())).days)


def median(values: list[int]) -> float | None:
    """Return the median, or None of nothing.

    >>> median([1, 9, 4, 4]), median([])
    (4.0, None)
    """
    if not values:
        return None
    ordered, half = sorted(values), len(values) // 2
    return float(ordered[half]) if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def suggested_price(price: int | None, mid: int | None) -> int | None:
    """Suggest the middle of the band, in steps of Rs 5,000, to a car that asks more than that.

    >>> suggested_price(3_600_000, 3_412_345), suggested_price(3_400_000, 3_412_345), suggested_price(None, 1)
    (3410000, None, None)
    """
    if price is None or mid is None:
        return None
    suggested = mid // _STEP_PKR * _STEP_PKR
    return suggested if 0 < suggested < price else None


def _own(scope: Scope) -> list[ColumnElement[bool]]:
    mine: list[ColumnElement[bool]] = [Listing.org_id == scope.org_id, Listing.seller_id.is_(None)]
    if scope.branch_ids is not None:
        mine.append(Listing.branch_id.in_(list(scope.branch_ids)))
    return mine


def _stale(row: Any, days: int) -> StaleCar:  # noqa: ANN401  (a row)
    suggested = suggested_price(row.price_pkr, row.mid_pkr)
    move = None if suggested is None else suggested - row.price_pkr
    return StaleCar(row.id, row.title, days, row.price_pkr, suggested, move)


def _cells(rows: Any, most: int) -> list[tuple[str, str]]:  # noqa: ANN401  (rows)
    numbers: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.city is not None and row.body is not None:
            numbers[row.city, row.body] = numbers.get((row.city, row.body), 0) + 1
    return sorted(numbers, key=lambda cell: (-numbers[cell], cell))[:most]


def _rounded(minutes: float | None) -> float | None:
    return None if minutes is None else round(minutes, 1)
