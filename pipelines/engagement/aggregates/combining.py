"""Combine aggregates of hours into those of a longer time."""

import polars as pl

from pipelines.engagement.aggregates.hourly import AGGREGATE_COLUMNS, CELL
from pipelines.engagement.aggregates.measures import COUNTS
from pipelines.engagement.aggregates.sketches import estimates, merged


def combine(parts: pl.DataFrame, cell: list[str] | None = None) -> pl.DataFrame:
    """Add up counts and merge sketches of rows of the same cell.

    `visitors` and `sessions` are those of the merged sketches: exact for cells of fewer than `sketches.K` distinct
    ones, within `sketches.BOUND` beyond.
    """
    cell = cell or CELL
    counts = parts.group_by(cell).agg(pl.col(COUNTS).sum())
    for unique in ("visitor", "session"):
        sketch = merged(parts, cell, f"{unique}_sketch").rename({"sketch": f"{unique}_sketch"})
        counts = counts.join(sketch, on=cell, how="left", nulls_equal=True)
    counted = counts.with_columns(
        visitors=estimates(counts["visitor_sketch"]), sessions=estimates(counts["session_sketch"])
    )
    columns = AGGREGATE_COLUMNS if cell == CELL else [*cell, *AGGREGATE_COLUMNS[len(CELL) :]]
    return counted.sort(cell, nulls_last=True).select(columns)
