"""The rows that an import brings: what the writer asks of them, and the form in which they are stored."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from core.listing_frame import LISTING_SCHEMA
from pipelines.listings.content_hash import content_hashes

CHASSIS_COLUMNS = ("chassis_number", "chassis_index")
"""Beside those of a listing, in rows of a mapping that has chassis numbers."""
DIGEST_COLUMNS = ("file", "row_number", "source_key", "branch_code", "content_hash")
_FILE = pl.col("file").cast(pl.Int32)


class IncomingRows(Protocol):
    """Rows of one file or of several, of any length: frames of LISTING_SCHEMA, `row_number` and `file`.

    `file` (Int32) is the position of the row's file among those of the import.
    """

    def frames(self) -> Iterator[pl.DataFrame]:
        """Read all rows, as `storable`, a frame that fits in memory at a time."""

    def digests(self) -> pl.DataFrame:
        """Return the DIGEST_COLUMNS of all rows."""

    def select(self, chosen: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Read the rows whose `file` and `row_number` are in `chosen`, and add its other columns to them."""


@dataclass(frozen=True)
class FrameRows:
    """Rows that are at hand as frames; the function reads them again at each call."""

    read: Callable[[], Iterable[pl.DataFrame]]

    def frames(self) -> Iterator[pl.DataFrame]:
        """Read all rows."""
        return map(storable, self.read())

    def digests(self) -> pl.DataFrame:
        """Digest all rows."""
        return digest_rows(self.read())

    def select(self, chosen: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Read the chosen rows."""
        return join_chosen(self.read(), chosen)


def storable(frame: pl.DataFrame) -> pl.DataFrame:
    """Bring rows to the form in which the table holds them: no NaN, and empty lists for missing ones."""
    return frame.select(
        pl.col(*LISTING_SCHEMA, "row_number").exclude("battery_kwh", "photos", "channels"),
        pl.col("battery_kwh").fill_nan(None),
        pl.col("photos", "channels").fill_null([]),
        _FILE,
        *(CHASSIS_COLUMNS if "chassis_index" in frame.columns else ()),
    )


def digest_rows(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Return the DIGEST_COLUMNS of all rows, with the digest of each row's content."""
    parts = [frame.select(*DIGEST_COLUMNS[:-1]).with_columns(content_hashes(frame)) for frame in map(storable, frames)]
    return pl.concat(parts) if parts else pl.DataFrame(schema=_DIGEST_SCHEMA)


def join_chosen(frames: Iterable[pl.DataFrame], chosen: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Keep the rows whose `file` and `row_number` are in `chosen`, and add its other columns to them."""
    for frame in map(storable, frames):
        yield frame.join(chosen, on=["file", "row_number"], how="inner", maintain_order="left")


_DIGEST_SCHEMA = pl.Schema(
    {
        "file": pl.Int32,
        "row_number": pl.Int32,
        "source_key": pl.String,
        "branch_code": pl.String,
        "content_hash": pl.Binary,
    }
)
