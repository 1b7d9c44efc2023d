"""Aggregate the events of an hour."""

import numpy as np
import polars as pl

from pipelines.engagement.aggregates.measures import COUNTS, DIMENSIONS, IS_VIEW, MEASURES, OWNED, STAMPS, SUMS
from pipelines.engagement.aggregates.sketches import ascending, counted

CELL = ["dimension", "key", "org_id"]
AGGREGATE_COLUMNS = (*CELL, *COUNTS, "visitors", "sessions", "visitor_sketch", "session_sketch")
_UNIQUES = {"visitors": "device", "sessions": "session"}
_STAMP, _CELL = "_stamp", "_cell"
_SERVER = 0
"""The device of events that the platform itself tells."""


def aggregate_hour(events: pl.LazyFrame) -> pl.DataFrame:
    """Count an hour's events by all dimensions.

    Args:
        events: one row an event, columns of `core.engagement.events`; each event once.

    Returns:
        One row a dimension, key and (for `OWNED` dimensions) organisation, sorted: `AGGREGATE_COLUMNS`. `visitors` and
        `sessions` are exact.
    """
    stamps = _by_stamps(events).collect().with_row_index(_STAMP)
    views = _views(events, stamps.lazy().select(_STAMP, *STAMPS)).collect()
    seen = {name: ascending(views.select(_STAMP, digest).unique(), digest) for name, digest in _UNIQUES.items()}
    parts = [_dimension(stamps, seen, name, key) for name, key in DIMENSIONS.items()]
    return pl.concat(parts).sort(CELL, nulls_last=True).select(AGGREGATE_COLUMNS)


def _by_stamps(events: pl.LazyFrame) -> pl.LazyFrame:
    """Count by all stamps at once: a few rows a listing, of which every dimension is then made."""
    measures = {name: measure.cast(pl.Int64).sum() for name, measure in (MEASURES | SUMS).items() if name != "events"}
    return events.group_by(STAMPS).agg(pl.len().cast(pl.Int64).alias("events"), **measures)


def _views(events: pl.LazyFrame, stamps: pl.LazyFrame) -> pl.LazyFrame:
    """Keep which device and session saw what, once each; stamps by their number, which is cheaper to group by."""
    device = pl.when(pl.col("device") != _SERVER).then(pl.col("device"))
    seen = events.filter(IS_VIEW).join(stamps, on=list(STAMPS), how="inner", nulls_equal=True)
    return seen.select(_STAMP, device.alias("device"), "session").unique()


def _dimension(stamps: pl.DataFrame, seen: dict[str, pl.DataFrame], name: str, key: pl.Expr) -> pl.DataFrame:
    org = pl.col("org_id") if name in OWNED else pl.lit(None, pl.String)
    cell = [pl.lit(name).alias("dimension"), key.alias("key"), org.alias("org_id")]
    keyed = stamps.select(_STAMP, *cell, *COUNTS).drop_nulls("key")
    cells = keyed.group_by(CELL).agg(pl.col(COUNTS).sum(), pl.col(_STAMP)).with_row_index(_CELL)
    cell_of = np.full(stamps.height, -1, dtype=np.int64)
    numbered = cells.select(_CELL, _STAMP).explode(_STAMP)
    cell_of[numbered[_STAMP].to_numpy()] = numbered[_CELL].to_numpy()
    counts = cells.drop(_STAMP).with_columns(pl.col(_CELL).cast(pl.Int64))
    for unique, rows in seen.items():
        found = counted(cell_of[rows[_STAMP].to_numpy()], rows["digest"].to_numpy())
        named = found.rename({"cell": _CELL, "count": unique, "sketch": f"{unique[:-1]}_sketch"})
        counts = counts.join(named, on=_CELL, how="left")
    return counts.with_columns(pl.col("visitors", "sessions").fill_null(0)).select(AGGREGATE_COLUMNS)
