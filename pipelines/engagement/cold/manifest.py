"""The list of files of closed hours: a file that stands here is an hour's events, any other object is nothing."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.locks import lock_name, share_name
from core.storage import ObjectNotFoundError, Storage
from pipelines.engagement.cold.parquet import digest_of, file_key, parquet_bytes, read_parquet
from pipelines.engagement.errors import FileDamagedError, IncompleteEventsError

_COLUMNS = "hour, supplement, object_key, digest, events, expired_at"
_OF_HOUR = text(f"SELECT {_COLUMNS} FROM engagement_files WHERE hour = :hour ORDER BY supplement")  # noqa: S608
_BETWEEN = text(
    f"SELECT {_COLUMNS} FROM engagement_files WHERE hour >= :start AND hour < :end ORDER BY hour, supplement"  # noqa: S608
)
_SAVE = text(
    "INSERT INTO engagement_files (hour, supplement, object_key, digest, events, bytes, written_at, people)"
    " VALUES (:hour, :supplement, :key, :digest, :events, :bytes, :now, :people)"
    " ON CONFLICT (hour, supplement) DO UPDATE"
    " SET object_key = excluded.object_key, digest = excluded.digest, events = excluded.events,"
    " bytes = excluded.bytes, written_at = excluded.written_at, people = excluded.people"
)
_FORGET = text("DELETE FROM engagement_files WHERE hour = :hour AND supplement > 0")


@dataclass(frozen=True)
class EventFile:
    """A file of the list."""

    hour: datetime
    supplement: int
    key: str
    digest: str
    events: int
    expired_at: datetime | None


def lock_files(session: Session, hour: datetime) -> None:
    """Hold an hour's files alone, until the transaction ends: to write, merge, rewrite or delete them."""
    lock_name(session, _lock(hour))


def share_files(session: Session, hour: datetime) -> None:
    """Hold an hour's files together with other readers, until the transaction ends."""
    share_name(session, _lock(hour))


def files_of(session: Session, hour: datetime) -> list[EventFile]:
    """Return the files of an hour, its main file first."""
    return [EventFile(*row) for row in session.execute(_OF_HOUR, {"hour": hour})]


def files_between(session: Session, start: datetime, end: datetime) -> list[EventFile]:
    """Return the files of the hours from `start` to before `end`."""
    return [EventFile(*row) for row in session.execute(_BETWEEN, {"start": start, "end": end})]


def write_file(session: Session, storage: Storage, events: pl.DataFrame, at: tuple[datetime, int, datetime]) -> None:
    """Write events as a file, read it back, and list it in place of the one with the same number.

    Args:
        session: its transaction holds the hour's files (`lock_files`).
        storage: where the file goes.
        events: each once, all of the hour.
        at: the hour, the number of the supplement, and the present time.

    Raises:
        FileDamagedError: the storage gives other bytes back; nothing is listed.
    """
    hour, supplement, now = at
    data = parquet_bytes(events)
    digest = digest_of(data)
    key = file_key(hour, supplement, digest)
    storage.put(key, data)
    kept = storage.get(key)
    if digest_of(kept) != digest or read_parquet(kept).height != events.height:
        raise FileDamagedError(key)
    row = {"hour": hour, "supplement": supplement, "key": key, "digest": digest, "now": now}
    people = events["person"].drop_nulls().unique().sort().to_list()
    session.execute(_SAVE, row | {"events": events.height, "bytes": len(data), "people": people})


def forget_supplements(session: Session, hour: datetime) -> None:
    """Take an hour's supplements off the list."""
    session.execute(_FORGET, {"hour": hour})


def read_file(storage: Storage, file: EventFile) -> pl.DataFrame:
    """Read a listed file.

    Raises:
        IncompleteEventsError: it has expired, is missing, or holds other bytes than were listed.
    """
    return read_parquet(file_bytes(storage, file))


def file_bytes(storage: Storage, file: EventFile) -> bytes:
    """Read the bytes of a listed file; raises as `read_file` does."""
    if file.expired_at is not None:
        raise IncompleteEventsError(file.hour, f"they expired on {file.expired_at:%Y-%m-%d}")
    try:
        data = storage.get(file.key)
    except ObjectNotFoundError as error:
        raise IncompleteEventsError(file.hour, f"the file {file.key} is missing") from error
    if digest_of(data) != file.digest:
        raise IncompleteEventsError(file.hour, f"the file {file.key} was changed")
    return data


def input_digest(files: Iterable[EventFile]) -> str:
    """Digest what an hour is counted of: equal digests, equal events."""
    lines = "\n".join(f"{file.supplement} {file.digest}" for file in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def _lock(hour: datetime) -> str:
    return f"engagement_files.{hour:%Y%m%d%H}"
