"""Tell a dealer how its stock stands: days in stock, prices against their bands, and cars that do not move."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Date, and_, cast, func, literal, select
from sqlalchemy.orm import Session

from core.clock import PAKISTAN
from core.db.tables import Listing
from core.db.tables.leads import Lead, LeadClock
from core.db.tables.price_bands import PriceBand
from core.prices.deal_ratings import DealRating, deal_rating_sql, has_present_band
from core.states.listings import in_states
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
    cars = _cars(scope, today)
    by_rating = {f"rating_{each}": func.count().filter(cars.c.rating == each) for each in DealRating}
    sums = session.execute(
        select(
            func.count().label("cars"),
            func.percentile_cont(0.5).within_group(cars.c.days).label("median_days"),
            func.count(cars.c.rating).label("rated"),
            func.count().filter(cars.c.days >= STALE_DAYS).label("stale"),
            *(number.label(name) for name, number in by_rating.items()),
        ).select_from(cars)
    ).one()
    stale = select(cars).where(cars.c.days >= STALE_DAYS).order_by(cars.c.days.desc(), cars.c.id).limit(MOST_STALE)
    return Stock(
        cars=sums.cars,
        median_days=sums.median_days,
        price_position={str(each): share(getattr(sums, f"rating_{each}"), sums.rated) for each in DealRating},
        unrated=sums.cars - sums.rated,
        stale=sums.stale,
        stale_cars=[_stale(row) for row in session.execute(stale)],
        cells=_cells(session, scope, most_cells),
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


def _cars(scope: Scope, today: date) -> CTE:
    """Select the cars on offer, with the days of the market since their ad's own date, or since they came."""
    since = func.coalesce(Listing.listed_on, cast(func.timezone(PAKISTAN.key, Listing.created_at), Date))
    rated = deal_rating_sql(Listing.price_pkr, PriceBand.low_pkr, PriceBand.mid_pkr, PriceBand.high_pkr)
    days = func.greatest(0, literal(today, Date) - since)
    query = select(
        Listing.id, Listing.title, Listing.price_pkr, PriceBand.mid_pkr, rated.label("rating"), days.label("days")
    )
    return query.outerjoin(PriceBand, has_present_band()).where(*_offered(scope)).cte("cars")


def _cells(session: Session, scope: Scope, most: int) -> list[tuple[str, str]]:
    cell = (Listing.city, Listing.body)
    query = select(*cell).where(*_offered(scope), *(each.is_not(None) for each in cell)).group_by(*cell)
    found = session.execute(query.order_by(func.count().desc(), *cell).limit(most))
    return [(row.city, row.body) for row in found]


def _offered(scope: Scope) -> list[ColumnElement[bool]]:
    return [*_own(scope), in_states(Listing.status, "searched")]


def _stale(row: Any) -> StaleCar:  # noqa: ANN401  (a row)
    suggested = suggested_price(row.price_pkr, row.mid_pkr)
    move = None if suggested is None else suggested - row.price_pkr
    return StaleCar(row.id, row.title, row.days, row.price_pkr, suggested, move)


def _rounded(minutes: float | None) -> float | None:
    return None if minutes is None else round(minutes, 1)
