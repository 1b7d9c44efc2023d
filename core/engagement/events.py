"""The columns of a captured event in a frame, in the order of the table."""

from typing import Final

import polars as pl
from polars.datatypes import DataType, DataTypeClass

_TIME = pl.Datetime("us", "UTC")

EVENT_SCHEMA: Final[dict[str, DataType | DataTypeClass]] = {
    "hour": _TIME,
    "device": pl.Int64,
    "event_id": pl.String,
    "at": _TIME,
    "received_at": _TIME,
    "type": pl.String,
    "version": pl.Int16,
    "mark": pl.String,
    "after_close": pl.Boolean,
    "session": pl.Int64,
    "person": pl.Int64,
    "listing_id": pl.String,
    "org_id": pl.String,
    "branch_id": pl.String,
    "make": pl.String,
    "model": pl.String,
    "city": pl.String,
    "source": pl.String,
    "channel": pl.String,
    "app": pl.String,
    "app_version": pl.String,
    "query_id": pl.String,
    "query": pl.String,
    "results": pl.Int32,
    "position": pl.Int32,
    "dwell_ms": pl.Int32,
    "price_pkr": pl.Int64,
    "old_price_pkr": pl.Int64,
    "lead_id": pl.String,
    "deposit_id": pl.String,
    "properties": pl.String,
}
