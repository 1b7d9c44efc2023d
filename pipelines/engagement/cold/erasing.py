"""Take erased devices and people out of files, and out of events that are about to become files."""

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.engagement.digests import SERVER_DEVICE
from core.storage import Storage
from pipelines.engagement.cold.manifest import EventFile, files_between, files_of, lock_files, read_file, write_file

_ERASURES = text("SELECT subject, erased_at FROM engagement_erasures WHERE kind = 'person'")
_FORGET = text(
    "UPDATE engagement_files SET people = array_remove(people, CAST(:person AS bigint))"
    " WHERE people @> ARRAY[CAST(:person AS bigint)]"
)
_EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
_SCHEMA: dict[str, Any] = {"person": pl.Int64, "erased_at": pl.Datetime("us", "UTC")}


def without_erased(session: Session, events: pl.DataFrame) -> pl.DataFrame:
    """Leave out events of people whose earlier events were erased, up to that moment: they came in between.

    Devices do not decide here, since two people may use one.
    """
    rows = [tuple(row) for row in session.execute(_ERASURES)]
    if not rows or events.is_empty():
        return events
    erasures = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    joined = events.join(erasures, on="person", how="left", maintain_order="left")
    return joined.filter((pl.col("at") <= pl.col("erased_at")).not_().fill_null(value=True)).drop("erased_at")


def devices_in_files(session: Session, storage: Storage, person: int) -> dict[int, bool]:
    """Find the devices on which a person was logged in, by the files; True where somebody else was, too."""
    pairs = [_pairs(storage, file) for file in files_between(session, *_EVER)]
    seen = pl.concat([pl.DataFrame(schema={"device": pl.Int64, "person": pl.Int64}), *pairs]).unique()
    own = seen.filter(person=person)["device"]
    others = seen.filter(pl.col("person") != person)["device"]
    return {device: device in set(others) for device in own if device != SERVER_DEVICE}


def erase_cold(
    session: Session, storage: Storage, devices: AbstractSet[int], people: AbstractSet[int], until: datetime
) -> int:
    """Rewrite every file that holds events of these people, or of these devices that came until a moment, without them.

    The files that were replaced are deleted by `sweep_objects`, which `compact` calls, and what was counted of the
    hours is counted anew by the next run of `aggregate`: also where nothing is left. Returns the events taken out.

    Raises:
        IncompleteEventsError: a file was changed in storage. One that is missing holds nothing to erase.
    """
    devices_column = pl.Series(sorted(devices), dtype=pl.Int64).implode()
    people_column = pl.Series(sorted(people), dtype=pl.Int64).implode()
    gone = (pl.col("device").is_in(devices_column) & (pl.col("received_at") <= until.astimezone(UTC))) | pl.col(
        "person"
    ).is_in(people_column).fill_null(value=False)
    erased = 0
    for hour in sorted({file.hour for file in files_between(session, *_EVER)}):
        lock_files(session, hour)
        erased += sum(_erase_file(session, storage, file, gone) for file in files_of(session, hour))
    for person in people:  # files that are missing hold nothing, but their rows name who was in them
        session.execute(_FORGET, {"person": person})
    return erased


def _erase_file(session: Session, storage: Storage, file: EventFile, gone: pl.Expr) -> int:
    if not _is_there(storage, file):
        return 0
    events = read_file(storage, file)
    kept = events.filter(~gone)
    if kept.height < events.height:
        write_file(session, storage, kept, (file.hour, file.supplement, utc_now()))
    return events.height - kept.height


def _pairs(storage: Storage, file: EventFile) -> pl.DataFrame:
    if not _is_there(storage, file):
        return pl.DataFrame(schema={"device": pl.Int64, "person": pl.Int64})
    return read_file(storage, file).select("device", "person").drop_nulls().unique()


def _is_there(storage: Storage, file: EventFile) -> bool:
    return file.expired_at is None and storage.exists(file.key)
