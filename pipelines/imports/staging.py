"""Parsed files between two steps: each pending file's accepted and rejected rows, as Parquet in storage.

Staging is a cache with a key that says what it holds (file, mapping and its version): losing it costs a second
parse, nothing else, and a stale one is never read. It lets the batch be checked before anything is published.
"""

import io
import json
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
from pipelines.feeds.parsing.parse import ParsedFeed, parse_feed
from pipelines.feeds.parsing.row_cache import KnownRecords
from pipelines.feeds.parsing.spill import Parts
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, FeedLimits
from pipelines.feeds.readers.temp_file import SpillFile

_LAYOUT = 3
"""Of the staged files: raised when they are written or judged otherwise, so that what an older release staged is
parsed again."""
_NO_ROWS = pl.DataFrame(schema={**LISTING_SCHEMA, "row_number": pl.Int32, "file_id": pl.String})


@dataclass(frozen=True)
class StageReport:
    """What staging found in the pending files: read = accepted + rejected, over files that could be read."""

    files: int = 0
    refused: int = 0
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


def stage_pending(session: Session, storage: Storage, limits: FeedLimits = DEFAULT_LIMITS) -> StageReport:
    """Parse every pending file and stage what came out. A refused file stays pending: the import records why."""
    files = pending_files(session)
    parsed: list[ParsedFeed] = []
    for file in files:
        try:
            parsed.append(parsed_file(storage, file, limits))
        except PermanentError:  # refused, or its mapping is gone: the import records why
            continue
    rejects = pl.concat([each.rejects for each in parsed]) if parsed else None
    counts = rejects["code"].value_counts().sort("count", descending=True).iter_rows() if rejects is not None else ()
    return StageReport(
        files=len(files),
        refused=len(files) - len(parsed),
        read=sum(each.rows_read for each in parsed),
        accepted=sum(each.accepted for each in parsed),
        rejected=sum(each.rejects.height for each in parsed),
        reasons=dict(counts),
    )


def staged_batch(session: Session, storage: Storage, limits: FeedLimits = DEFAULT_LIMITS) -> pl.DataFrame:
    """The accepted rows of all pending files: LISTING_SCHEMA, `row_number` and `file_id`."""
    frames = []
    for file in pending_files(session):
        try:
            rows = parsed_file(storage, file, limits).listings
        except PermanentError:
            continue
        frames.append(rows.with_columns(file_id=pl.lit(str(file.id))))
    return pl.concat(frames) if frames else _NO_ROWS


def parsed_file(storage: Storage, file: FeedFile, limits: FeedLimits = DEFAULT_LIMITS) -> ParsedFeed:
    """The file's rows: staged ones where they stand, else parsed now and staged.

    Raises:
        RefusedFileError: the file is refused as a whole.
    """
    mapping = load_mapping(file.mapping, storage)
    parsed = staged_file(storage, file, mapping)
    if parsed is None:
        parsed = read_stored(storage, file, mapping, limits)
        _store(storage, _folder(file, mapping), parsed)
    return parsed


def staged_file(storage: Storage, file: FeedFile, mapping: Mapping) -> ParsedFeed | None:
    """The rows as they were staged, or None."""
    try:
        return _load(storage, _folder(file, mapping))
    except NotFoundError:
        return None


def _folder(file: FeedFile, mapping: Mapping) -> str:
    return f"staged/{file.id}/{mapping.name}-{mapping.version}-{_LAYOUT}"


def read_stored(
    storage: Storage,
    file: FeedFile,
    mapping: Mapping,
    limits: FeedLimits = DEFAULT_LIMITS,
    known: KnownRecords | None = None,
) -> ParsedFeed:
    """The bytes that were kept, read anew by a mapping; all of its rows, unless some are `known`.

    Raises:
        RefusedFileError: the file is refused as a whole.
    """
    with SpillFile() as kept:
        storage.copy_to(file.storage_key, kept)
        return parse_feed(kept, mapping, limits=limits, known=known)


def drop_staged(storage: Storage, file: FeedFile) -> None:
    """Forget the staged rows of a file whose fate is decided."""
    for key in list(storage.keys(f"staged/{file.id}")):
        storage.delete(key)


def _store(storage: Storage, folder: str, parsed: ParsedFeed) -> None:
    parts = 0
    for parts, frame in enumerate(parsed.parts(), start=1):
        _put(storage, f"{folder}/listings-{parts}.parquet", frame)
    _put(storage, f"{folder}/rejects.parquet", parsed.rejects)
    facts: dict[str, Any] = {"rows_read": parsed.rows_read, "encoding": parsed.encoding, "delimiter": parsed.delimiter}
    facts |= {"containers": list(parsed.containers), "parts": parts}
    storage.put(f"{folder}/facts.json", json.dumps(facts).encode())  # last: it says that the others are whole


def _put(storage: Storage, key: str, frame: pl.DataFrame) -> None:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    storage.put(key, buffer.getvalue())


def _get(storage: Storage, key: str) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(storage.get(key)))


def _load(storage: Storage, folder: str) -> ParsedFeed:
    facts = json.loads(storage.get(f"{folder}/facts.json"))
    keys = [f"{folder}/listings-{part}.parquet" for part in range(1, facts.pop("parts") + 1)]
    if len(keys) == 1:
        rows = Parts.of(_get(storage, keys[0]))
    else:
        rows = Parts()
        for key in keys:
            rows.add(_get(storage, key))
    facts["containers"] = tuple(facts["containers"])
    return ParsedFeed(rows=rows, rejects=_get(storage, f"{folder}/rejects.parquet"), **facts)
