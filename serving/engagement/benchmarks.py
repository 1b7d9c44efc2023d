"""Compare with the market: figures that rest on cars of others, in fixed cells of whole months.

The functions of the database count only cells that may be told of (`core.access.thresholds`), so the application never
holds what it may not tell. The month is fixed and the cell is city and body, or make, model and city: figures of ranges
and cells of one's own choice could be subtracted from each other.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.car_keys import car_key
from pipelines.engagement.days import DayRange
from serving.engagement.figures import share

MOST_CELLS: Final = 3
_BENCHMARK = text(
    "SELECT c.city, c.body, b.dealers, b.cars, b.median_days, b.views_per_car"
    " FROM unnest(CAST(:cities AS text[]), CAST(:bodies AS text[])) WITH ORDINALITY AS c (city, body, number)"
    " LEFT JOIN LATERAL engagement_benchmark(:org, c.city, c.body, :first, :until) b ON true ORDER BY c.number"
)
_DEMAND = text(
    "SELECT supply, views, viewed_supply, median_days_to_sell, price_drop_share"
    " FROM engagement_market_demand(:make, :model, :city, :first, :until)"
)


@dataclass(frozen=True)
class Benchmark:
    """Other dealers' cars of one city and body; figures are null where they may not be told."""

    city: str
    body: str
    month: str
    dealers: int | None
    cars: int | None
    median_days: float | None
    views_per_car: float | None


@dataclass(frozen=True)
class Demand:
    """A cell of the market in a month; figures are null where it may not be told of.

    Each rests on the parts of the cell that may be told of (see `engagement_market_demand`); `views` and
    `demand_index` on those whose views may be.
    """

    month: str
    supply: int | None
    views: int | None
    demand_index: float | None
    median_days_to_sell: float | None
    price_drop_share: float | None


@dataclass(frozen=True)
class DemandCell:
    """A make, and a model and a city of it or all of them."""

    make: str
    model: str | None = None
    city: str | None = None


def month_of(day: date) -> DayRange:
    """Return the days of the month in which a day lies.

    >>> month_of(date(2026, 2, 10)).last.isoformat()
    '2026-02-28'
    """
    first = day.replace(day=1)
    return DayRange(first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1))


def read_benchmarks(session: Session, org_id: UUID, cells: list[tuple[str, str]], month: DayRange) -> list[Benchmark]:
    """Compare with other dealers in some cells of city and body."""
    cities, bodies = [city for city, _ in cells], [body for _, body in cells]
    given = {"org": org_id, "cities": cities, "bodies": bodies, "first": month.start, "until": month.end}
    rows = session.execute(_BENCHMARK, given) if cells else ()
    return [
        Benchmark(
            row.city, row.body, f"{month.first:%Y-%m}", row.dealers, row.cars, row.median_days,
            None if row.views_per_car is None else round(row.views_per_car, 2),
        )
        for row in rows
    ]  # fmt: skip


def read_demand(session: Session, cell: DemandCell, month: DayRange) -> Demand:
    """Read how much a cell of the market is looked at, how fast it sells, and how often its prices drop."""
    given = {
        "make": car_key(cell.make),
        "model": None if cell.model is None else car_key(cell.model),
        "city": cell.city,
        "first": month.start,
        "until": month.end,
    }
    name = f"{month.first:%Y-%m}"
    row = session.execute(_DEMAND, given).first()
    if row is None:
        return Demand(name, None, None, None, None, None)
    index = None if row.views is None else share(row.views, row.viewed_supply)
    drops = None if row.price_drop_share is None else round(row.price_drop_share, 4)
    return Demand(name, row.supply, row.views, index, row.median_days_to_sell, drops)
