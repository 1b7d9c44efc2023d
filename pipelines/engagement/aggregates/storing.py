"""Store what is counted of an hour or a day: one transaction replaces it, or leaves it as it is."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.copy import copy_frame
from core.db.locks import lock_name
from pipelines.engagement.aggregates.hourly import AGGREGATE_COLUMNS

Grain = Literal["hour", "day"]
_KNOWN = text(
    "SELECT starts, input_digest, outcome_digest, events FROM engagement_partitions"
    " WHERE grain = :grain AND starts >= :start AND starts < :end ORDER BY starts"
)
_CLEAR = text("DELETE FROM engagement_aggregates WHERE grain = :grain AND starts = :starts")
_SAVE = text(
    "INSERT INTO engagement_partitions (grain, starts, input_digest, outcome_digest, events, computed_at)"
    " VALUES (:grain, :starts, :input, :outcome, :events, :now) ON CONFLICT (grain, starts) DO UPDATE"
    " SET input_digest = excluded.input_digest, outcome_digest = excluded.outcome_digest,"
    " events = excluded.events, computed_at = excluded.computed_at"
)
_OUTDATED = text("UPDATE engagement_partitions SET input_digest = '' WHERE grain = 'day' AND starts = :day")
_COLUMNS = ("grain", "starts", *AGGREGATE_COLUMNS)
_ROWS = text(
    f"SELECT {', '.join(_COLUMNS).replace('org_id', 'CAST(org_id AS text)')}"  # noqa: S608  (our own names)
    " FROM engagement_aggregates WHERE grain = :grain AND starts = ANY(CAST(:starts AS timestamptz[]))"
    ' AND dimension = ANY(CAST(:dimensions AS text[])) ORDER BY dimension COLLATE "C", key COLLATE "C", org_id, starts'
).execution_options(stream_results=True)
_AT_ONCE = 4_000
"""Rows; a sketch has up to 16 KiB, most have some bytes."""


@dataclass(frozen=True)
class Partition:
    """A stored hour or day: what it was counted of, and a digest of the rows."""

    starts: datetime
    input_digest: str
    outcome_digest: str
    events: int


def lock_partition(session: Session, grain: Grain, starts: datetime) -> None:
    """Take turns at counting an hour or a day, until the transaction ends."""
    lock_name(session, f"engagement_aggregates.{grain}.{starts:%Y%m%d%H}")


def partitions_between(session: Session, grain: Grain, start: datetime, end: datetime) -> dict[datetime, Partition]:
    """Return the stored hours or days from `start` to before `end`."""
    rows = session.execute(_KNOWN, {"grain": grain, "start": start, "end": end})
    return {row.starts: Partition(*row) for row in rows}


def replace_partition(session: Session, grain: Grain, partition: Partition, rows: pl.DataFrame, now: datetime) -> None:
    """Replace the rows of an hour or a day; the caller holds it (`lock_partition`) and commits."""
    session.execute(_CLEAR, {"grain": grain, "starts": partition.starts})
    stamped = rows.select(
        pl.lit(grain).alias("grain"), pl.lit(partition.starts.isoformat()).alias("starts"), *AGGREGATE_COLUMNS
    )
    copy_frame(session, "engagement_aggregates", stamped)
    saved = {"grain": grain, "starts": partition.starts, "input": partition.input_digest, "now": now}
    session.execute(_SAVE, saved | {"outcome": partition.outcome_digest, "events": partition.events})


def outdate_day(session: Session, day: datetime) -> None:
    """Say that a counted day does not stand for its hours any more, before one of them is replaced.

    It waits for whoever counts the day, which has then read the hours as they were before, and the other way round.
    """
    lock_partition(session, "day", day)
    session.execute(_OUTDATED, {"day": day})


def outcome_digest(rows: pl.DataFrame) -> str:
    """Digest rows that are sorted by their cells: equal digests, equal rows."""
    digest = hashlib.sha256()
    for part in rows.select(AGGREGATE_COLUMNS).iter_slices(_AT_ONCE):
        data = io.BytesIO()
        part.rechunk().write_ipc(data, compression="uncompressed")
        digest.update(data.getbuffer())
    return digest.hexdigest()


def stored_rows(session: Session, grain: Grain, starts: Iterable[datetime], dimensions: Iterable[str]) -> pl.DataFrame:
    """Read stored rows, with `grain` and `starts` before the columns of `aggregate_hour`."""
    return pl.concat(stored_cells(session, grain, starts, dimensions))


def stored_cells(
    session: Session, grain: Grain, starts: Iterable[datetime], dimensions: Iterable[str]
) -> Iterator[pl.DataFrame]:
    """Read stored rows as `stored_rows` does, some thousand at a time: all rows of a cell stand in one frame."""
    asked = {"grain": grain, "starts": sorted(starts), "dimensions": sorted(dimensions)}
    kept: list[tuple[Any, ...]] = []
    for rows in session.execute(_ROWS, asked).partitions(_AT_ONCE):
        kept += [tuple(row) for row in rows]
        last = next((at for at in range(len(kept) - 1, 0, -1) if _cell(kept[at]) != _cell(kept[at - 1])), 0)
        if last:
            yield _frame(kept[:last])
            kept = kept[last:]
    yield _frame(kept)


def _cell(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row[2:5]


def _frame(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


_TEXTS = ("grain", "dimension", "key", "org_id")
_SCHEMA = pl.Schema(
    {
        name: pl.String
        if name in _TEXTS
        else pl.Datetime("us", "UTC")
        if name == "starts"
        else pl.Binary
        if name.endswith("_sketch")
        else pl.Int64
        for name in _COLUMNS
    }
)
