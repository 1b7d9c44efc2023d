"""Listings of one file in parts that fit in memory; those of a large file stand on disk until they are read."""

from collections.abc import Iterator
from io import BytesIO

import polars as pl

from core.listing_frame import LISTING_SCHEMA
from pipelines.feeds.readers.temp_file import SpillFile

PART_SCHEMA = pl.Schema({**LISTING_SCHEMA, "row_number": pl.Int32()})


def alone(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame by itself: texts that are slices of something larger keep all of that in memory."""
    buffer = BytesIO()
    frame.write_ipc(buffer)
    return pl.read_ipc(BytesIO(buffer.getvalue()))


class Parts:
    """Frames in the file's order: LISTING_SCHEMA and `row_number` (Int32; 1 is the first record after the header)."""

    def __init__(self) -> None:
        self._spill_file = SpillFile()
        self._ends: list[int] = []
        self._whole: pl.DataFrame | None = None
        self._keys = pl.DataFrame(schema={"row_number": pl.Int32, "source_key": pl.String})
        self._dropped = pl.Series(dtype=pl.Int32)

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "Parts":
        """A single part, in memory."""
        parts = cls()
        parts._whole = frame
        parts._keys = frame.select("row_number", "source_key")
        return parts

    def add(self, frame: pl.DataFrame) -> None:
        """Put a part aside."""
        self._keys.vstack(alone(frame.select("row_number", "source_key")), in_place=True)
        buffer = BytesIO()
        frame.write_ipc(buffer, compression="lz4")
        self._spill_file.seek(0, 2)
        self._spill_file.write(buffer.getbuffer())
        self._ends.append(self._spill_file.tell())

    def drop_earlier(self) -> pl.DataFrame:
        """Keep only the last row of each key; `row_number` and `source_key` of the others, in the file's order."""
        hashes = self._keys["source_key"].hash().sort()
        if not (hashes == hashes.shift(1)).any():
            return self._keys.clear()
        last = pl.col("row_number").max().over("source_key")
        earlier = self._keys.filter(pl.col("source_key").is_duplicated()).filter(pl.col("row_number") < last)
        self._dropped = earlier["row_number"]
        self._keys = self._keys.filter(~pl.col("row_number").is_in(self._dropped.implode()))
        return earlier

    @property
    def height(self) -> int:
        """How many listings there are."""
        return self._keys.height

    @property
    def keys(self) -> pl.Series:
        """The source key of every listing, in the file's order."""
        return self._keys["source_key"]

    def frames(self) -> Iterator[pl.DataFrame]:
        """The parts in the file's order; at least one, maybe empty."""
        if self._whole is not None:
            yield self._whole
            return
        if not self._ends:
            yield pl.DataFrame(schema=PART_SCHEMA)
        start = 0
        for end in self._ends:
            self._spill_file.seek(start)
            part = pl.read_ipc(BytesIO(self._spill_file.read(end - start)))
            yield part.filter(~pl.col("row_number").is_in(self._dropped.implode())) if len(self._dropped) else part
            start = end
