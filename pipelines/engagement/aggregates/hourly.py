"""Aggregate the events of an hour."""

import polars as pl

from pipelines.engagement.aggregates.measures import COUNTS, DIMENSIONS, IS_VIEW, MEASURES, OWNED, STAMPS, SUMS
from pipelines.engagement.aggregates.sketches import smallest

CELL = ["dimension", "key", "org_id"]
AGGREGATE_COLUMNS = (*CELL, *COUNTS, "visitors", "sessions", "visitor_sketch", "session_sketch")
_UNIQUES = {"visitors": "device", "sessions": "session"}
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
    stamps, views = pl.collect_all([_by_stamps(events), _views(events)])
    parts = [_dimension(stamps, views, name, key) for name, key in DIMENSIONS.items()]
    return pl.concat(parts).sort(CELL, nulls_last=True).select(AGGREGATE_COLUMNS)


def _by_stamps(events: pl.LazyFrame) -> pl.LazyFrame:
    """Count by all stamps at once: a few rows a listing, of which every dimension is then made."""
    counted = {name: measure.cast(pl.Int64).sum() for name, measure in (MEASURES | SUMS).items() if name != "events"}
    return events.group_by(STAMPS).agg(pl.len().cast(pl.Int64).alias("events"), **counted)


def _views(events: pl.LazyFrame) -> pl.LazyFrame:
    """Keep which device and session saw what, once each."""
    device = pl.when(pl.col("device") != _SERVER).then(pl.col("device"))
    return events.filter(IS_VIEW).select(*STAMPS, device.alias("device"), "session").unique()


def _dimension(stamps: pl.DataFrame, views: pl.DataFrame, name: str, key: pl.Expr) -> pl.DataFrame:
    org = pl.col("org_id") if name in OWNED else pl.lit(None, pl.String)
    cell = [pl.lit(name).alias("dimension"), key.alias("key"), org.alias("org_id")]
    counts = stamps.select(*cell, *COUNTS).drop_nulls("key").group_by(CELL).agg(pl.col(COUNTS).sum())
    seen = views.select(*cell, "device", "session").drop_nulls("key")
    for unique, digest in _UNIQUES.items():
        exact = seen.group_by(CELL).agg(pl.col(digest).drop_nulls().n_unique().cast(pl.Int64).alias(unique))
        sketch = smallest(seen, CELL, digest).rename({"sketch": f"{unique[:-1]}_sketch"})
        counts = counts.join(exact, on=CELL, how="left", nulls_equal=True)
        counts = counts.join(sketch, on=CELL, how="left", nulls_equal=True)
    return counts.with_columns(pl.col("visitors", "sessions").fill_null(0)).select(AGGREGATE_COLUMNS)
