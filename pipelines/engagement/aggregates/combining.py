"""Combine aggregates of hours into those of a longer time."""

import polars as pl

from pipelines.engagement.aggregates.hourly import AGGREGATE_COLUMNS, CELL
from pipelines.engagement.aggregates.measures import COUNTS
from pipelines.engagement.aggregates.sketches import estimates, merged


def combine(parts: pl.DataFrame) -> pl.DataFrame:
    """Add up counts and merge sketches of rows of the same cell.

    `visitors` and `sessions` are those of the merged sketches: exact for cells of fewer than `sketches.K` distinct
    ones, within `sketches.BOUND` beyond.
    """
    counts = parts if parts.height == 1 else _summed(parts)  # a sum that the database made is one row
    counted = counts.with_columns(
        visitors=estimates(counts["visitor_sketch"]), sessions=estimates(counts["session_sketch"])
    )
    return counted.sort(CELL, nulls_last=True).select(AGGREGATE_COLUMNS)


def _summed(parts: pl.DataFrame) -> pl.DataFrame:
    counts = parts.group_by(CELL).agg(pl.col(COUNTS).sum())
    for unique in ("visitor", "session"):
        sketch = merged(parts, CELL, f"{unique}_sketch").rename({"sketch": f"{unique}_sketch"})
        counts = counts.join(sketch, on=CELL, how="left", nulls_equal=True)
    return counts
