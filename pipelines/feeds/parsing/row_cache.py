"""The row cache: outcomes of a sender's rows by the content of their cells, so that a row is normalised only once.

The outcome of a row is a function of its cells, the mapping, this code and the calendar year, but for two rules. One
looks at the whole file: of rows with one key the last one counts, which the reading of the file decides. The other
looks at the day: a date to come is none yet, so rows whose date was not understood are never kept (`row_notes`). So an
outcome may be used again as long as mapping and code are the same (`cache_stamp`), and the columns and the year are.
The cache says nothing about the listings: a row that it recognised is compared with them like any other.
"""

import io
import json
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

import polars as pl

from pipelines.feeds.mapping.schema import Mapping

RECORD_SCHEMA: Final = pl.Schema(
    {
        "d1": pl.UInt64(),  # 128 bits of the cells, as two hashes of 64
        "d2": pl.UInt64(),
        "source_key": pl.String(),
        "branch_code": pl.String(),
        "price_pkr": pl.Int64(),
        "content_hash": pl.Binary(),  # digest of the listing that the record becomes
        "filled": pl.UInt32(),  # as NOTES_SCHEMA: cells of recognised rows are counted too
        "unread": pl.List(pl.String()),
    }
)
RECOGNISED_SCHEMA: Final = pl.Schema([("row_number", pl.Int32()), *RECORD_SCHEMA.items()])
_DECIDING = ("readers", "mapping", "normalise", "parsing")
"""The folders of `pipelines.feeds` that decide what becomes of a row."""
_PASSED_OVER = ("presets", "__pycache__")
"""Folders below them that do not: the mapping itself is part of the stamp."""


@dataclass(frozen=True)
class RowCache:
    """Outcomes of one sender's rows under one mapping. An empty cache recognises nothing."""

    records: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RECORD_SCHEMA))
    form: str = ""
    """The form of the file: its columns and where they stand, since a missing one changes what others mean."""
    latest_year: int | None = None
    """The newest model year that was accepted."""

    @cached_property
    def _order(self) -> tuple[pl.Series, pl.Series]:
        """Return the places of the records in ascending order of `d1`, and `d1` in that order."""
        places = self.records["d1"].arg_sort()
        return places, self.records["d1"].gather(places)

    def recognise(self, digests: pl.DataFrame, form: str, latest_year: int) -> pl.DataFrame:
        """Return the rows whose outcome is known (RECOGNISED_SCHEMA), in the file's order.

        Args:
            digests: DIGEST_SCHEMA of the rows.
            form: the form of their file.
            latest_year: the newest model year that is accepted now.
        """
        if self.records.is_empty() or (self.form, self.latest_year) != (form, latest_year):
            return pl.DataFrame(schema=RECOGNISED_SCHEMA)
        order, first = self._order  # searched, not joined: a join would hash all records again for each chunk
        nearest = first.search_sorted(digests["d1"], side="left").clip(upper_bound=first.len() - 1)
        places = order.gather(nearest)  # in the file's order, nearly, so that the records are read one after another
        pairs = self.records.select("d1", "d2")[places]
        found = (pairs["d1"] == digests["d1"]) & (pairs["d2"] == digests["d2"])
        outcomes = self.records[places.filter(found)].with_columns(digests["row_number"].filter(found))
        return outcomes.select(RECOGNISED_SCHEMA.names())

    def without(self, digests: pl.DataFrame) -> "RowCache":
        """Return a cache that does not know these rows (DIGEST_SCHEMA)."""
        return replace(self, records=self.records.join(digests, on=["d1", "d2"], how="anti"))

    def to_bytes(self, stamp: str) -> bytes:
        """Serialise the cache under the stamp of the mapping and code that made it."""
        facts = json.dumps({"stamp": stamp, "form": self.form, "latest_year": self.latest_year}).encode()
        buffer = io.BytesIO()
        self.records.write_ipc(buffer)
        return len(facts).to_bytes(4, "big") + facts + buffer.getbuffer()


def cache_from_bytes(data: bytes, stamp: str) -> RowCache:
    """Read a serialised cache; it is empty where another mapping or other code made it, or where it is damaged."""
    try:
        length = int.from_bytes(data[:4], "big")
        facts: dict[str, Any] = json.loads(data[4 : 4 + length])
        if facts["stamp"] != stamp:
            return RowCache()
        records = pl.read_ipc(io.BytesIO(memoryview(data)[4 + length :]))
    except (ValueError, KeyError, OSError, pl.exceptions.PolarsError):
        return RowCache()
    if records.schema != RECORD_SCHEMA:
        return RowCache()
    return RowCache(records, facts["form"], facts["latest_year"])


def columns_of(raw: pl.DataFrame) -> tuple[str, ...]:
    """Return the sender's columns in a raw table, sorted."""
    return tuple(sorted(set(raw.columns) - {"row_number"}))


def cache_stamp(mapping: Mapping, *further: object) -> str:
    """Digest everything that decides the outcome of a row.

    That is the mapping, the source code of these packages, the version of polars (whose row hash may change with it),
    and whatever the caller adds. The source code takes the place of a version number, which somebody would forget to
    raise; at worst a release costs every dealer one slow delivery.
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
