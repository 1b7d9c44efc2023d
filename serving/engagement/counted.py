"""Read what is counted of an organisation's events, the hours that are still open included.

Every statement names the organisation, and so do the row policies and functions behind it: either wall holds alone.
Reports for analysts (`pipelines.engagement.reporting`) read the same rows; a test holds the figures equal.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import PAKISTAN
from core.engagement.events import EVENT_SCHEMA
from pipelines.engagement.aggregates.hourly import AGGREGATE_COLUMNS, aggregate_hour
from pipelines.engagement.aggregates.measures import COUNTS
from pipelines.engagement.aggregates.sketches import BOUND, is_exact
from pipelines.engagement.days import DayRange

_READ: Final = ("hour", "device", "at", "type", "mark", "after_close", "session", "listing_id", "org_id", "branch_id",
    "make", "model", "city", "source", "channel", "position", "dwell_ms")  # fmt: skip
_SCHEMA: Final = pl.Schema({name: EVENT_SCHEMA[name] for name in _READ})
_UUIDS: Final = ("listing_id", "org_id", "branch_id")
PARTS: Final = "WITH parts AS MATERIALIZED (SELECT grain, starts FROM engagement_counted_parts(:first, :until))"
_OF_ORG: Final = f"{PARTS} SELECT a.starts, {{}} FROM parts p JOIN engagement_aggregates a USING (grain, starts)"  # noqa: S608  (our own names)
_COLUMNS: Final = ", ".join(f"a.{name}" for name in AGGREGATE_COLUMNS).replace("a.org_id", "CAST(a.org_id AS text)")
_ROWS = text(
    _OF_ORG.format(_COLUMNS)
    + " WHERE a.dimension = :dimension AND a.key = ANY(CAST(:keys AS text[])) AND a.org_id = :org"
)
_BY_STAMP = text(
    _OF_ORG.format(_COLUMNS) + " WHERE a.dimension = :dimension AND a.org_id = :org"
    " AND (CAST(:branches AS text[]) IS NULL OR split_part(a.key, '|', 1) = ANY(CAST(:branches AS text[])))"
)
_OWN_AD = text(
    f"SELECT a.starts, {_COLUMNS} FROM engagement_own_ad(:listing, :first, :until) a"  # noqa: S608
)
_VIEWED = text(
    f"{PARTS} SELECT a.key, sum(a.views) AS views FROM parts p JOIN engagement_aggregates a USING (grain, starts)"  # noqa: S608
    " WHERE a.dimension = 'listing' AND a.org_id = :org GROUP BY a.key"
)
_UNCOUNTED = text(f"SELECT {', '.join(_READ)} FROM engagement_uncounted(:org, :listing, :first, :until)")  # noqa: S608
_COMPLETE = text("SELECT engagement_complete_until(:first, :until)")
_DAY: Final = "day"
COLUMNS: Final = (_DAY, *AGGREGATE_COLUMNS)


@dataclass(frozen=True)
class Scope:
    """The owner of the events read: an organisation, one of its listings, or the branches to which a role reaches."""

    org_id: UUID
    listing_id: UUID | None = None
    branch_ids: frozenset[UUID] | None = None

    def rows(self) -> tuple[str, list[str]]:
        """Return the dimension and the keys that make up the whole."""
        if self.listing_id is not None:
            return "listing", [str(self.listing_id)]
        if self.branch_ids is not None:
            return "branch", sorted(map(str, self.branch_ids))
        return "dealer", [str(self.org_id)]


def complete_until(session: Session, days: DayRange) -> datetime:
    """Return the first hour of the range that is open, to come or not counted of all that has arrived; or its end."""
    found: datetime = session.scalar(_COMPLETE, _span(days))
    return found


def counted_rows(session: Session, scope: Scope, days: DayRange, dimension: str, keys: Collection[str]) -> pl.DataFrame:
    """Read the stored rows of an organisation under some keys, with the day of the market of each."""
    given = {"org": scope.org_id, "dimension": dimension, "keys": sorted(keys), **_span(days)}
    return _frame(session.execute(_ROWS, given))


def stamped_rows(session: Session, scope: Scope, days: DayRange, stamp: str, fresh: pl.DataFrame) -> pl.DataFrame:
    """Read an organisation's rows by model, city or source, stored and `fresh` ones, under keys without the branch."""
    branches = None if scope.branch_ids is None else sorted(map(str, scope.branch_ids))
    given = {"org": scope.org_id, "dimension": f"dealer_{stamp}", "branches": branches, **_span(days)}
    rows = pl.concat([_frame(session.execute(_BY_STAMP, given)), fresh.filter(dimension=f"dealer_{stamp}")])
    value = pl.col("key").str.replace(r"^[^|]*\|", "")
    return rows.with_columns(key=value.str.replace("|", " ", literal=True))


def own_ad_rows(session: Session, listing_id: UUID, days: DayRange) -> pl.DataFrame:
    """Read the stored rows of a private ad of the caller; see `counted_rows`."""
    return _frame(session.execute(_OWN_AD, {"listing": listing_id, **_span(days)}))


def views_by_listing(session: Session, org_id: UUID, days: DayRange) -> dict[str, int]:
    """Return how often each listing of an organisation was viewed, by what is stored."""
    return {row.key: int(row.views) for row in session.execute(_VIEWED, {"org": org_id, **_span(days)})}


def uncounted_rows(session: Session, scope: Scope, days: DayRange) -> pl.DataFrame:
    """Count the events that wait for their hour to be counted, as hours are counted; columns as of `counted_rows`."""
    given = {"org": scope.org_id, "listing": scope.listing_id, **_span(days)}
    rows = [_plain(row) for row in session.execute(_UNCOUNTED, given).mappings()]
    if not rows:  # as for every range that has ended
        return no_rows()
    events = pl.DataFrame(rows, schema=_SCHEMA)
    if scope.branch_ids is not None:
        events = events.filter(pl.col("branch_id").is_in(sorted(map(str, scope.branch_ids))))
    day = pl.col("hour").dt.convert_time_zone(PAKISTAN.key).dt.date()
    parts = [
        aggregate_hour(part.lazy()).select(pl.lit(str(key[0])).alias(_DAY), *AGGREGATE_COLUMNS)
        for key, part in events.group_by(day, maintain_order=True)
    ]
    return pl.concat([no_rows(), *parts])


def exactness(parts: pl.DataFrame, combined: pl.DataFrame) -> str:
    """Say how good the uniques of combined rows are, as reports do."""
    if parts.filter((pl.col("visitors") > 0) & pl.col("visitor_sketch").is_null()).height:
        return "expired"
    sketches = [*combined["visitor_sketch"], *combined["session_sketch"]]
    return "exact" if all(map(is_exact, sketches)) else f"within {100 * BOUND:.1f} %"


def _span(days: DayRange) -> dict[str, datetime]:
    return {"first": days.start, "until": days.end}


def _plain(row: Any) -> dict[str, Any]:  # noqa: ANN401  (a row of any columns)
    return {**row, **{name: row[name] and str(row[name]) for name in _UUIDS}}


def _frame(rows: Any) -> pl.DataFrame:  # noqa: ANN401  (rows of any columns)
    schema = {"starts": pl.Datetime("us", "UTC"), **no_rows().schema}
    del schema[_DAY]
    found = pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")
    day = pl.col("starts").dt.convert_time_zone(PAKISTAN.key).dt.date().cast(pl.String)
    return found.select(day.alias(_DAY), *AGGREGATE_COLUMNS)


def no_rows() -> pl.DataFrame:
    """Return a frame of the columns of `counted_rows` without rows."""
    kinds = dict.fromkeys((*COUNTS, "visitors", "sessions"), pl.Int64)
    sketches = dict.fromkeys(("visitor_sketch", "session_sketch"), pl.Binary)
    texts = dict.fromkeys((_DAY, "dimension", "key", "org_id"), pl.String)
    return pl.DataFrame(schema={name: {**texts, **kinds, **sketches}[name] for name in COLUMNS})
