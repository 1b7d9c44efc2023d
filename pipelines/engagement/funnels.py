"""Make funnels of a range of days from the kept events, for reports and as a file of each day."""

import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import polars as pl
from sqlalchemy.orm import Session

from core.storage import Storage
from pipelines.engagement.aggregates.counting import waiting_hours
from pipelines.engagement.cold.scanning import scan_events
from pipelines.engagement.days import DayRange
from pipelines.engagement.funnel import FUNNEL_BY, FunnelBy, funnel
from pipelines.engagement.reporting import named_keys

FUNNEL_DAYS: Final = 30
"""A sale takes weeks, so a day's funnel is that of the 30 days that end with it."""
_PREFIX: Final = "engagement/funnels"


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
    rows = funnel(scan_events(session, storage, days.start, days.end), by).to_dicts()
    until = waiting[0] if waiting else days.end
    return FunnelReport(by, days.first, days.last, until, named_keys(session, by, rows))


def write_funnels(session: Session, storage: Storage, day: date) -> FunnelFile:
    """Write the funnels of the 30 days that end with a day as one Parquet file, in place of the one before."""
    days = DayRange(day - timedelta(days=FUNNEL_DAYS - 1), day)
    events = scan_events(session, storage, days.start, days.end)
    rows = pl.concat([funnel(events, by).select(pl.lit(by).alias("by"), pl.all()) for by in FUNNEL_BY])  # type: ignore[arg-type]
    data = io.BytesIO()
    rows.write_parquet(data, compression="zstd")
    key = _key(day)
    storage.put(key, data.getvalue())
    return FunnelFile(key, rows)


def funnels_are_written(storage: Storage, day: date) -> bool:
    """Tell whether the funnels of a day are in storage."""
    return storage.exists(_key(day))


def _key(day: date) -> str:
    return f"{_PREFIX}/{day}.parquet"
