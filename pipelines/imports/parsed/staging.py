"""Keep the parsed rows of pending files in storage, as Parquet, so that the batch is checked before it is published.

This is a cache, whose key names its content (file, mapping and its version): losing it costs a second parse, nothing
else, and an outdated one is never read.
"""

import io
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from core.db.tables import FeedFile
from core.errors import NotFoundError, PermanentError
from core.listing_frame import LISTING_SCHEMA
from core.storage import Storage
from pipelines.feeds.deliveries.register import pending_files
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import ParsedFeed, parse_cached, parse_feed
from pipelines.feeds.parsing.row_cache import RowCache
from pipelines.feeds.parsing.spill import SpilledFrames
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, FeedLimits
from pipelines.feeds.readers.temp_file import SpillFile
from pipelines.feeds.reject_codes import REJECT_SCHEMA, count_reasons, most_frequent_first
from pipelines.feeds.unread_columns import unread_of
from pipelines.imports.context import ImportContext

_LAYOUT = 7
"""Raised when the rows are written or judged otherwise, so that files of an older release are parsed again."""
_NO_ROWS = pl.DataFrame(schema={**LISTING_SCHEMA, "row_number": pl.Int32, "file_id": pl.String})


@dataclass(frozen=True)
class ParseReport:
    """The counts of the pending files: read = accepted + rejected, over the files that could be read."""

    files: int = 0
    refused: int = 0
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    cells_not_understood: dict[str, int] = field(default_factory=dict)
    """Number of cells by the field that they were meant for, and of rows of sheets left out as `sheet`."""


def parse_pending(session: Session, storage: Storage, limits: FeedLimits = DEFAULT_LIMITS) -> ParseReport:
    """Parse every pending file and keep its rows. A refused file stays pending: the import records why."""
    files = pending_files(session)
    parsed: list[ParsedFeed] = []
    for file in files:
        try:
            parsed.append(load_or_parse(storage, file, limits))
        except PermanentError:  # refused, or its mapping is gone: the import records why
            continue
    rejects = pl.concat([pl.DataFrame(schema=REJECT_SCHEMA), *(each.rejects for each in parsed)])
    return ParseReport(
        files=len(files),
        refused=len(files) - len(parsed),
        read=sum(each.rows_read for each in parsed),
        accepted=sum(each.accepted for each in parsed),
        rejected=rejects.height,
        reasons=count_reasons(rejects),
        cells_not_understood=most_frequent_first(
            sum((Counter({each.field: each.not_understood}) for file in parsed for each in file.unread), Counter())
        ),
    )


def pending_rows(session: Session, storage: Storage, limits: FeedLimits = DEFAULT_LIMITS) -> pl.DataFrame:
    """Return the accepted rows of all pending files: LISTING_SCHEMA, `row_number` and `file_id`."""
    frames = []
    for file in pending_files(session):
        try:
            rows = load_or_parse(storage, file, limits).listings.drop("chassis_number")
        except PermanentError:
            continue
        frames.append(rows.with_columns(file_id=pl.lit(str(file.id))))
    return pl.concat(frames) if frames else _NO_ROWS


def load_or_parse(storage: Storage, file: FeedFile, limits: FeedLimits = DEFAULT_LIMITS) -> ParsedFeed:
    """Return the rows of a file: those that were kept, or else parse it now and keep them.

    Raises:
        RefusedFileError: the file is refused as a whole.
    """
    mapping = load_mapping(file.mapping, storage, file.org_id)
    parsed = load_parsed(storage, file, mapping)
    if parsed is None:
        parsed = _read(storage, file, mapping, limits)
        _store(storage, _folder(file, mapping), parsed)
    return parsed


def load_parsed(storage: Storage, file: FeedFile, mapping: Mapping) -> ParsedFeed | None:
    """Return the rows of a file as they were kept, or None."""
    try:
        return _load(storage, _folder(file, mapping))
    except NotFoundError:
        return None


def _folder(file: FeedFile, mapping: Mapping) -> str:
    return f"staged/{file.id}/{mapping.name}-{mapping.version}-{_LAYOUT}"


def read_stored(context: ImportContext, file: FeedFile, mapping: Mapping, cache: RowCache | None = None) -> ParsedFeed:
    """Parse the stored bytes of a file by a mapping, with the help of a row cache.

    Raises:
        RefusedFileError: the file is refused as a whole.
    """
    return _read(context.storage, file, mapping, context.limits, cache)


def _read(
    storage: Storage, file: FeedFile, mapping: Mapping, limits: FeedLimits, cache: RowCache | None = None
) -> ParsedFeed:
    data = SpillFile()  # it is closed with the last of its users: rows that the cache recognised are read later
    storage.copy_to(file.storage_key, data)
    return parse_feed(data, mapping, limits=limits) if cache is None else parse_cached(data, mapping, cache, limits)


def drop_parsed(storage: Storage, file: FeedFile) -> None:
    """Delete the kept rows of a file that is decided."""
    for key in list(storage.keys(f"staged/{file.id}")):
        storage.delete(key)


def _store(storage: Storage, folder: str, parsed: ParsedFeed) -> None:
    parts = 0
    for parts, frame in enumerate(parsed.frames(), start=1):
        _put(storage, f"{folder}/listings-{parts}.parquet", frame)
    _put(storage, f"{folder}/rejects.parquet", parsed.rejects)
    facts: dict[str, Any] = {"rows_read": parsed.rows_read, "encoding": parsed.encoding, "delimiter": parsed.delimiter}
    facts |= {"containers": list(parsed.containers), "parts": parts}
    facts |= {"price_column": parsed.price_column, "unread": [each.as_json() for each in parsed.unread]}
    storage.put(f"{folder}/facts.json", json.dumps(facts).encode())  # last: it states that the others are complete


def _put(storage: Storage, key: str, frame: pl.DataFrame) -> None:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    storage.put(key, buffer.getvalue())


def _get(storage: Storage, key: str) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(storage.get(key)))


def _load(storage: Storage, folder: str) -> ParsedFeed:
    facts = json.loads(storage.get(f"{folder}/facts.json"))
    keys = [f"{folder}/listings-{part}.parquet" for part in range(1, facts.pop("parts") + 1)]
    frames = SpilledFrames()
    for key in keys:
        frames.add(_get(storage, key))
    facts["containers"] = tuple(facts["containers"])
    facts["unread"] = unread_of(facts["unread"])
    return ParsedFeed(frames, rejects=_get(storage, f"{folder}/rejects.parquet"), **facts)
