"""Report what is counted of a range of days, by listing, dealer, model or city."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from pipelines.engagement.aggregates.combining import combine
from pipelines.engagement.aggregates.counting import day_digest, waiting_hours
from pipelines.engagement.aggregates.sketches import BOUND, is_exact
from pipelines.engagement.aggregates.storing import partitions_between, stored_rows
from pipelines.engagement.days import DayRange, start_of

By = Literal["listing", "dealer", "model", "city", "branch", "channel", "source"]
BY: tuple[str, ...] = get_args(By)
FIGURES = ("views", "visitors", "sessions", "contacts", "leads", "bot_views", "staff_views", "late_after_close")
_ORGS = text("SELECT CAST(id AS text), code FROM orgs WHERE CAST(id AS text) = ANY(CAST(:ids AS text[]))")


@dataclass(frozen=True)
class Report:
    """Figures of a range by key.

    `uniques` is "exact", "within 4.4 %" (19 of 20 estimates are) or "expired"; `complete_until` the first hour of the
    range that is open or not counted, or its end.
    """

    by: str
    first: date
    last: date
    start: datetime
    end: datetime
    complete_until: datetime
    uniques: str
    late_after_close: int
    rows: list[dict[str, Any]]


def make_report(session: Session, days: DayRange, by: By) -> Report:
    """Report counted hours of a range: days where they are counted of the present hours, else their hours.

    Visitors and sessions are distinct ones over the whole range.
    """
    parts = counted_rows(session, days, {by, "all"})
    combined = combine(parts.with_columns(org_id=pl.lit(None, pl.String)))
    rows = combined.filter(pl.col("dimension") == by).sort(["views", "key"], descending=[True, False])
    waiting = waiting_hours(session, days.start, days.end)
    total = combined.filter(pl.col("dimension") == "all")["late_after_close"].sum()
    return Report(
        by=by,
        first=days.first,
        last=days.last,
        start=days.start,
        end=days.end,
        complete_until=waiting[0] if waiting else days.end,
        uniques=_uniques(parts, rows),
        late_after_close=int(total),
        rows=named_keys(session, by, rows.select("key", *FIGURES).to_dicts()),
    )


def counted_rows(session: Session, days: DayRange, dimensions: set[str]) -> pl.DataFrame:
    """Read the stored rows that make up a range: of each day that is up to date, and the hours of all others."""
    hours = partitions_between(session, "hour", days.start, days.end)
    known = partitions_between(session, "day", days.start, days.end)
    whole: list[datetime] = []
    single: list[datetime] = []
    for day in days.days():
        span = DayRange(day, day)
        of_day = {starts: hours[starts] for starts in span.hours() if starts in hours}
        stored = known.get(start_of(day))
        if stored is not None and stored.input_digest == day_digest(of_day):
            whole.append(span.start)
        else:
            single += of_day
    return pl.concat([stored_rows(session, "day", whole, dimensions), stored_rows(session, "hour", single, dimensions)])


def _uniques(parts: pl.DataFrame, rows: pl.DataFrame) -> str:
    if parts.filter((pl.col("visitors") > 0) & pl.col("visitor_sketch").is_null()).height:
        return "expired"
    sketches = [*rows["visitor_sketch"], *rows["session_sketch"]]
    return "exact" if all(map(is_exact, sketches)) else f"within {100 * BOUND:.1f} %"


def named_keys(session: Session, by: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give keys as people know them: dealers by code, models by make and name."""
    if by == "dealer":
        codes = {row[0]: row[1] for row in session.execute(_ORGS, {"ids": [row["key"] for row in rows]})}
        return [{**row, "key": codes.get(row["key"], row["key"])} for row in rows]
    if by == "model":
        return [{**row, "key": row["key"].replace("|", " ")} for row in rows]
    return rows
