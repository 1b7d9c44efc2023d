"""Find a person's events in the files of closed hours, one file in memory at a time."""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

import polars as pl

from core.storage import Storage
from pipelines.engagement.cold.manifest import EventFile, file_bytes
from pipelines.engagement.errors import IncompleteEventsError

ListFiles = Callable[[], Iterable[EventFile]]
"""Lists, in the order of hours, the files that hold events of the person, or of which it is not known."""
Event = dict[str, Any]


def events_in_files(storage: Storage, list_files: ListFiles, person: int) -> Iterator[Event]:
    """Give a person's events hour after hour; of an hour that cannot be read, one row that says so.

    Where an hour's files were merged or rewritten since they were listed, its new ones are read.
    """
    for hour, files in groupby(list_files(), key=lambda file: file.hour):
        found = _of_hour(storage, files, person)
        if found is None:
            found = _of_hour(storage, [file for file in list_files() if file.hour == hour], person)
        yield from [{"hour": hour.isoformat(), "unreadable": True}] if found is None else map(_plain, found)


def _of_hour(storage: Storage, files: Iterable[EventFile], person: int) -> list[Event] | None:
    try:
        return [event for file in files for event in _of_file(storage, file, person)]
    except IncompleteEventsError:
        return None


def _of_file(storage: Storage, file: EventFile, person: int) -> list[Event]:
    frame = pl.scan_parquet(io.BytesIO(file_bytes(storage, file)))
    return frame.filter(pl.col("person") == person).collect().to_dicts()


def _plain(event: Event) -> Event:
    """Write times and properties as the rows of the database show them."""
    told = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in event.items()}
    return told | {"properties": None if event["properties"] is None else json.loads(event["properties"])}
