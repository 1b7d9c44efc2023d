"""Records that were read before: the outcome of a row is remembered by its cells, so that it need not be read again.

Reading a row is a function of its cells, the mapping, this code and the calendar year, but for one rule that looks at
the whole file: of rows with one key the last one counts. So the outcome may be kept under a digest of the cells, as
long as mapping and code are the same (`stamp`), the year is, and no key stands twice; else `parse_feed` reads every
row. Nothing here says what the listings show: a remembered row is
compared with them like any other.
"""

import io
import json
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

import polars as pl

from pipelines.feeds.mapping.schema import Mapping

RECORD_SCHEMA: Final = pl.Schema(
    {
        "d1": pl.UInt64,  # 128 bits of the cells, as two hashes of 64
        "d2": pl.UInt64,
        "source_key": pl.String,
        "branch_code": pl.String,
        "listed_year": pl.Int32,
        "content_hash": pl.Binary,  # of the listing that the record becomes
    }
)
RECOGNISED_SCHEMA: Final = pl.Schema([("row_number", pl.Int32()), *RECORD_SCHEMA.items()])
_SEEDS = (0x41, 0x7E5)
_DECIDING = ("readers", "mapping", "normalise", "parsing")
"""The folders of `pipelines.feeds` that decide what becomes of a row."""
_PASSED_OVER = ("presets", "__pycache__")
"""Folders below them that do not: the mapping itself is part of the stamp."""


def record_digests(frame: pl.DataFrame) -> pl.DataFrame:
    """`row_number`, `d1`, `d2` of every row of a raw table: two hashes of all its cells, null unlike empty."""
    cells = frame.select(sorted(set(frame.columns) - {"row_number"}))
    first, second = (cells.hash_rows(seed) for seed in _SEEDS)
    return frame.select("row_number", d1=first, d2=second)


@dataclass(frozen=True)
class KnownRecords:
    """Outcomes of one sender's records under one mapping; without any it only asks for digests."""

    records: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RECORD_SCHEMA))
    columns: tuple[str, ...] = ()
    """The columns that the file had, sorted: a missing one changes what others mean."""
    latest_year: int | None = None
    """The model year up to which the rows were accepted."""

    def split(self, raw: pl.DataFrame, digests: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Raw rows that have to be read, and `row_number` with the outcome of the others, in the file's order."""
        if self.records.is_empty() or self.columns != columns_of(raw):
            return raw, pl.DataFrame(schema=RECOGNISED_SCHEMA)
        told = digests.join(self.records, on=["d1", "d2"], how="left", maintain_order="left")
        new = told["content_hash"].is_null()
        return raw.filter(new), told.filter(~new)

    def to_bytes(self, stamp: str) -> bytes:
        """As an object for storage, under the stamp of what made it."""
        facts = json.dumps({"stamp": stamp, "columns": self.columns, "latest_year": self.latest_year}).encode()
        buffer = io.BytesIO()
        self.records.write_ipc(buffer)
        return len(facts).to_bytes(4, "big") + facts + buffer.getbuffer()


def known_from_bytes(data: bytes, stamp: str) -> KnownRecords:
    """What was stored, or no records at all where it was made by another mapping or other code, or is damaged."""
    try:
        length = int.from_bytes(data[:4], "big")
        facts: dict[str, Any] = json.loads(data[4 : 4 + length])
        if facts["stamp"] != stamp:
            return KnownRecords()
        records = pl.read_ipc(io.BytesIO(memoryview(data)[4 + length :]))
    except (ValueError, KeyError, OSError, pl.exceptions.PolarsError):
        return KnownRecords()
    if records.schema != RECORD_SCHEMA:
        return KnownRecords()
    return KnownRecords(records, tuple(facts["columns"]), facts["latest_year"])


def columns_of(raw: pl.DataFrame) -> tuple[str, ...]:
    """The sender's columns in a raw table, sorted."""
    return tuple(sorted(set(raw.columns) - {"row_number"}))


def reading_stamp(mapping: Mapping, *further: object) -> str:
    """Names all that decides what a row becomes: the mapping, the code of this package, polars (whose row hash may
    change with its version), and what the caller adds.

    The code is taken as its text, so that no one has to think of raising a version; at worst a release costs every
    dealer one slow delivery.
    """
    parts = (mapping.model_dump_json(), _code(), pl.__version__, *map(str, further))
    return blake2b("\x00".join(parts).encode(), digest_size=16).hexdigest()


@cache
def _code() -> str:
    digest = blake2b(digest_size=16)
    folders = (files("pipelines.feeds") / name for name in _DECIDING)
    for part in (*folders, files("core") / "vocabulary.py", files("core") / "listing_frame.py"):
        for source in _sources(part):
            digest.update(source.read_bytes())
    return digest.hexdigest()


def _sources(part: Traversable) -> list[Traversable]:
    if part.is_file():
        return [part] if part.name.endswith((".py", ".toml")) else []
    below = sorted((each for each in part.iterdir() if each.name not in _PASSED_OVER), key=lambda each: each.name)
    return [source for each in below for source in _sources(each)]
