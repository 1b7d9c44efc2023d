"""Tell a dealer what shoppers did with its cars, and a seller what they did with one."""

import csv
import io
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.db.tables import Listing
from core.errors import InvalidInputError
from pipelines.engagement.days import DayRange
from serving.engagement.benchmarks import MOST_CELLS, Benchmark, month_of, read_benchmarks
from serving.engagement.counted import (
    Scope,
    complete_until,
    counted_rows,
    exactness,
    own_ad_rows,
    stamped_rows,
    uncounted_rows,
    views_by_listing,
)
from serving.engagement.declarations import READ_ANALYTICS, READ_STATISTICS
from serving.engagement.figures import NAMES, Figures, KeyFigures, by_key, total
from serving.engagement.funnels import Funnel, read_funnel
from serving.engagement.stock import ResponseTime, Stock, read_response_time, read_stock
from serving.engagement.summed import summed_rows
from serving.identity.orgs.orgs import find_org
from serving.listings.management.access import branches_of, owned_listing

__all__ = ["Activity", "Analytics", "AnalyticsQuery", "By", "DayRange", "as_csv", "asked_days", "read_analytics",
    "read_statistics"]  # fmt: skip

By = Literal["day", "branch", "listing", "model", "city", "source"]
DEFAULT_DAYS: Final = 30
MOST_LISTINGS: Final = 100
_EARLIEST, _LATEST = date(2000, 1, 1), date(2999, 12, 31)


@dataclass(frozen=True)
class AnalyticsQuery:
    """The organisation by its code, the days, and what a row is."""

    code: str
    days: DayRange
    by: By | None = None


@dataclass(frozen=True)
class Activity:
    """Figures of a range of days, with the open hour; `complete_until`: later hours may still grow."""

    first: date
    last: date
    complete_until: datetime
    uniques: str
    figures: Figures
    rows: list[KeyFigures]


@dataclass(frozen=True)
class Analytics:
    """A dealer's dashboard. `previous` is the period of the same length before."""

    activity: Activity
    previous: Activity
    response_time: ResponseTime
    stock: Stock
    benchmarks: list[Benchmark]
    funnel: Funnel | None


def asked_days(first: date | None, last: date | None, today: date) -> DayRange:
    """Return the range that a caller asks for: by default the 30 days until `last`, or until today.

    Raises:
        InvalidInputError: it ends before it begins, is longer than 400 days, or lies in no year of the market.
    """
    if not all(_EARLIEST <= each <= _LATEST for each in (first, last) if each is not None):
        raise InvalidInputError("Ask for days from 2000-01-01 to 2999-12-31.", code="bad_range")
    end = last or (today if first is None or first <= today else first)
    return DayRange(first or max(_EARLIEST, end - timedelta(days=DEFAULT_DAYS - 1)), end)


def read_analytics(session: Session, principal: Principal, asked: AnalyticsQuery, today: date) -> Analytics:
    """Read the dashboard of an organisation, of the caller's branches alone where its role is narrowed to some.

    Raises:
        ForbiddenError, UnknownOrgError: see `serving.identity.orgs.orgs.find_org`.
    """
    org = find_org(session, principal, asked.code, READ_ANALYTICS)
    branches = branches_of(principal, READ_ANALYTICS, org.id)
    scope = Scope(org.id, branch_ids=None if branches is None else frozenset(branches))
    stock = read_stock(session, scope, today, MOST_CELLS)
    return Analytics(
        activity=read_activity(session, scope, asked.days, asked.by),
        previous=read_activity(session, scope, asked.days.before()),
        response_time=read_response_time(session, scope, asked.days),
        stock=stock,
        benchmarks=read_benchmarks(session, org.id, stock.cells, month_of(asked.days.last)),
        funnel=read_funnel(session, scope, asked.days, asked.by),
    )


def read_statistics(session: Session, principal: Principal, listing_id: UUID, days: DayRange) -> Activity:
    """Read what shoppers did with a listing, by day, for those who offer it.

    Raises:
        ForbiddenError, ListingNotFoundError: see `serving.listings.management.access.refuse`.
    """
    listing = owned_listing(session, principal, READ_STATISTICS, listing_id)
    scope = Scope(listing.org_id, listing_id=listing.id)
    if listing.seller_id is None:
        return read_activity(session, scope, days, "day")
    return _activity(session, scope, days, own_ad_rows(session, listing.id, days), "day")


def read_activity(session: Session, scope: Scope, days: DayRange, by: By | None = None) -> Activity:
    """Read figures of a range: of what is counted, and of the hours that wait for it."""
    stored = counted_rows(session, scope, days, *scope.rows()) if by == "day" else summed_rows(session, scope, days)
    return _activity(session, scope, days, stored, by)


def _activity(session: Session, scope: Scope, days: DayRange, stored: pl.DataFrame, by: By | None) -> Activity:
    fresh = uncounted_rows(session, scope, days)
    dimension, keys = scope.rows()
    whole = pl.concat([stored, _under(fresh, dimension, keys)])
    figures, combined = total(whole)
    rows: list[KeyFigures] = []
    if by is not None:
        rows, split = by_key(_split(session, scope, days, by, (whole, fresh)))
        combined = pl.concat([combined, split])
    if by not in (None, "day", "branch"):
        rows.sort(key=lambda row: (-row.views, row.key))
    return Activity(days.first, days.last, complete_until(session, days), exactness(whole, combined), figures, rows)


def _split(
    session: Session, scope: Scope, days: DayRange, by: By, read: tuple[pl.DataFrame, pl.DataFrame]
) -> pl.DataFrame:
    whole, fresh = read
    if by == "day":
        return whole.with_columns(key=pl.col("day"))
    if by in ("model", "city", "source"):
        return stamped_rows(session, scope, days, by, fresh)
    keys = _branches(session, scope) if by == "branch" else _most_viewed(session, scope, days, fresh)
    return pl.concat([counted_rows(session, scope, days, by, keys), _under(fresh, by, keys)])


def _under(rows: pl.DataFrame, dimension: str, keys: list[str]) -> pl.DataFrame:
    return rows.filter((pl.col("dimension") == dimension) & pl.col("key").is_in(keys))


def _branches(session: Session, scope: Scope) -> list[str]:
    if scope.branch_ids is not None:
        return scope.rows()[1]
    found = session.scalars(select(Listing.branch_id).where(Listing.org_id == scope.org_id).distinct())
    return sorted(str(each) for each in found if each is not None)


def _most_viewed(session: Session, scope: Scope, days: DayRange, fresh: pl.DataFrame) -> list[str]:
    """Name the listings with the most views; for a role that is narrowed to branches, of those that stand there."""
    views = views_by_listing(session, scope.org_id, days)
    for key, more in fresh.filter(dimension="listing").select("key", "views").iter_rows():
        views[key] = views.get(key, 0) + more
    if scope.branch_ids is not None:
        here = select(Listing.id).where(Listing.org_id == scope.org_id, Listing.branch_id.in_(list(scope.branch_ids)))
        mine = {str(each) for each in session.scalars(here)}
        views = {key: number for key, number in views.items() if key in mine}
    return sorted(views, key=lambda key: (-views[key], key))[:MOST_LISTINGS]


def as_csv(activity: Activity) -> str:
    """Write the rows as CSV, the whole range last under the key `total`."""
    out = io.StringIO()
    writer = csv.DictWriter(out, ("key", *NAMES))
    writer.writeheader()
    writer.writerows(asdict(row) for row in activity.rows)
    writer.writerow({"key": "total", **asdict(activity.figures)})
    return out.getvalue()
