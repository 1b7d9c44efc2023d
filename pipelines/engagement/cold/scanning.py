"""Read months of events for analysts."""

from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl
from polars.io.plugins import register_io_source
from sqlalchemy.orm import Session

from core.engagement.events import EVENT_SCHEMA
from core.storage import Storage
from pipelines.engagement.cold.manifest import files_between, read_file


def scan_events(session: Session, storage: Storage, start: datetime, end: datetime) -> pl.LazyFrame:
    """Read the events of closed hours from `start` to before `end` as one lazy frame, columns of `EVENT_SCHEMA`.

    Files are read by the list of the database, never by their names, so an event stands in the frame once whatever
    runs were killed; hour after hour, and each only when the frame is collected.

    Raises:
        IncompleteEventsError: at collection, where a file has expired, is missing or was changed.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    floor = start.replace(minute=0, second=0, microsecond=0)
    files = files_between(session, floor, end)

    def batches(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, _batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        left = n_rows
        for file in files:
            rows = read_file(storage, file)
            if predicate is not None:
                rows = rows.filter(predicate)
            rows = rows if with_columns is None else rows.select(with_columns)
            if left is not None:
                rows = rows.head(left)
                left -= rows.height
            yield rows
            if left == 0:
                return

    events = register_io_source(batches, schema=pl.Schema(EVENT_SCHEMA))
    return events.filter((pl.col("at") >= start) & (pl.col("at") < end))
