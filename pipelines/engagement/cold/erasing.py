"""Take erased devices and people out of files, and out of events that are about to become files."""

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.storage import ObjectNotFoundError, Storage
from pipelines.engagement.cold.manifest import EventFile, files_between, files_of, lock_files, read_file, write_file

_ERASURES = text("SELECT kind, subject, erased_at FROM engagement_erasures")
_EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
_SCHEMA: dict[str, Any] = {"kind": pl.String, "subject": pl.Int64, "erased_at": pl.Datetime("us", "UTC")}


def without_erased(session: Session, events: pl.DataFrame) -> pl.DataFrame:
    """Leave out events of devices and people whose earlier events were erased, up to that moment."""
    rows = [tuple(row) for row in session.execute(_ERASURES)]
    if not rows or events.is_empty():
        return events
    erasures = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    for kind in ("device", "person"):
        of_kind = erasures.filter(kind=kind).select(pl.col("subject").alias(kind), "erased_at")
        joined = events.join(of_kind, on=kind, how="left", maintain_order="left")
        events = joined.filter((pl.col("at") <= pl.col("erased_at")).not_().fill_null(value=True)).drop("erased_at")
    return events


def erase_cold(session: Session, storage: Storage, devices: AbstractSet[int], people: AbstractSet[int]) -> int:
    """Rewrite every file that holds events of these devices or people without them; return the events taken out.

    The files that were replaced are deleted by `sweep_objects`, which `compact` calls, and what was counted of the
    hours is counted anew by the next run of `aggregate`: also where nothing is left.

    Raises:
        IncompleteEventsError: a file was changed in storage. One that is missing holds nothing to erase.
    """
    erased = 0
    for hour in sorted({file.hour for file in files_between(session, *_EVER) if file.expired_at is None}):
        lock_files(session, hour)
        for file in files_of(session, hour):
            erased += _erase_file(session, storage, file, (devices, people))
    return erased


def _erase_file(
    session: Session, storage: Storage, file: EventFile, subjects: tuple[AbstractSet[int], AbstractSet[int]]
) -> int:
    if file.expired_at is not None:
        return 0
    try:
        storage.get(file.key)
    except ObjectNotFoundError:
        return 0
    events = read_file(storage, file)
    devices, people = (pl.Series(sorted(each), dtype=pl.Int64).implode() for each in subjects)
    of_subject = pl.col("device").is_in(devices) | pl.col("person").is_in(people).fill_null(value=False)
    kept = events.filter(~of_subject)
    if kept.height < events.height:
        write_file(session, storage, kept, (file.hour, file.supplement, utc_now()))
    return events.height - kept.height
