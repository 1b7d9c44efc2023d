"""Make funnels of a range of days from the kept events: for reports, and of each day as a file and rows of dealers."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.thresholds import FEWEST_TIMED
from core.db.copy import copy_frame
from core.db.locks import lock_name
from core.storage import Storage
from pipelines.engagement.aggregates.counting import waiting_hours
from pipelines.engagement.cold.scanning import scan_events
from pipelines.engagement.days import DayRange
from pipelines.engagement.funnel import (
    DEALER_FUNNEL_BY,
    FUNNEL_BY,
    FUNNEL_COLUMNS,
    DealerFunnelBy,
    FunnelBy,
    counted_steps,
    funnel,
)
from pipelines.engagement.reporting import named_keys

FUNNEL_DAYS: Final = 30
"""A sale takes weeks, so a day's funnel is that of the 30 days that end with it."""
_UUID: Final = 36
_PREFIX: Final = "engagement/funnels"
_CLEAR = text("DELETE FROM engagement_funnels WHERE day = :day")


@dataclass(frozen=True)
class FunnelReport:
    """The funnel of a range by key: rows of `funnel.FUNNEL_COLUMNS`; events of open hours are not in it yet."""

    by: str
    first: date
    last: date
    complete_until: datetime
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class FunnelFile:
    """The file of a day's funnels: columns `by` and `funnel.FUNNEL_COLUMNS`."""

    key: str
    rows: pl.DataFrame


def report_funnel(session: Session, storage: Storage, days: DayRange, by: FunnelBy) -> FunnelReport:
    """Make the funnel of a range of days.

    Raises:
        IncompleteEventsError: events of the range have expired, or a file is missing or was changed.
    """
    waiting = waiting_hours(session, days.start, days.end)
    with _steps_of(session, storage, days) as steps:
        rows = funnel(steps, by).to_dicts()
    until = waiting[0] if waiting else days.end
    return FunnelReport(by, days.first, days.last, until, named_keys(session, by, rows))


def write_funnels(session: Session, storage: Storage, day: date) -> FunnelFile:
    """Write the funnels of the 30 days that end with a day, in place of those before: a file, and rows of dealers.

    Raises:
        IncompleteEventsError: events of these days have expired, or a file is missing or was changed. What was written
            before stays.
    """
    lock_name(session, f"engagement_funnels.{day}")
    days = DayRange(day - timedelta(days=FUNNEL_DAYS - 1), day)
    with _steps_of(session, storage, days) as steps:
        rows = pl.concat([funnel(steps, by).select(pl.lit(by).alias("by"), pl.all()) for by in FUNNEL_BY])  # type: ignore[arg-type]
        of_dealers = [_of_dealers(steps, by) for by in DEALER_FUNNEL_BY]
    data = io.BytesIO()
    rows.write_parquet(data, compression="zstd")
    key = _key(day)
    storage.put(key, data.getvalue())
    session.execute(_CLEAR, {"day": day})
    copy_frame(session, "engagement_funnels", pl.concat(of_dealers).with_columns(day=pl.lit(day)))
    return FunnelFile(key, rows)


@contextmanager
def _steps_of(session: Session, storage: Storage, days: DayRange) -> Iterator[pl.LazyFrame]:
    """Write the counted steps of a range to a file of this machine: hours are read for all funnels together."""
    with TemporaryDirectory(prefix="funnel-") as folder:
        file = Path(folder) / "steps.parquet"
        counted_steps(scan_events(session, storage, days.start, days.end)).sink_parquet(file)
        yield pl.scan_parquet(file)


def _of_dealers(steps: pl.LazyFrame, by: DealerFunnelBy) -> pl.DataFrame:
    """Make the rows that dealers read, of which none times fewer shoppers than it may."""
    rows = funnel(steps, by, FEWEST_TIMED)
    org, rest = pl.col("key").str.head(_UUID), pl.col("key").str.tail(-_UUID - 1)
    key = pl.col("key") if by == "dealer" else rest
    return rows.select(
        pl.lit(by).alias("dimension"), org.alias("org_id"), key.alias("key"), pl.col(*FUNNEL_COLUMNS).exclude("key")
    )


def funnels_are_written(storage: Storage, day: date) -> bool:
    """Tell whether the funnels of a day are in storage."""
    return storage.exists(_key(day))


def _key(day: date) -> str:
    return f"{_PREFIX}/{day}.parquet"
