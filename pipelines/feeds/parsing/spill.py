"""Listings of one file as frames: a single frame stays in memory, several are kept in a temporary file."""

from collections.abc import Iterator, Sequence
from io import BytesIO

import polars as pl

from core.listing_frame import LISTING_SCHEMA
from pipelines.feeds.readers.temp_file import SpillFile

ROW_SCHEMA = pl.Schema({**LISTING_SCHEMA, "row_number": pl.Int32(), "chassis_number": pl.String()})
"""Contents of a row: its listing, its place in the file, and the chassis number, which is no part of a listing."""
_KEY_SCHEMA = pl.Schema({"row_number": pl.Int32(), "source_key": pl.String()})


def compact(frame: pl.DataFrame) -> pl.DataFrame:
    """Copy the frame, so that texts which are slices of a larger block no longer keep that block in memory."""
    buffer = BytesIO()
    frame.write_ipc(buffer)
    return pl.read_ipc(BytesIO(buffer.getvalue()))


class SpilledFrames:
    """Hold frames of ROW_SCHEMA in the file's order; row number 1 is the first record after the header."""

    def __init__(self) -> None:
        self._file = SpillFile()
        self._ends: list[int] = []
        self._only: pl.DataFrame | None = None
        self._keys = pl.DataFrame(schema=_KEY_SCHEMA)
        self._dropped = pl.Series(dtype=pl.Int32)

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "SpilledFrames":
        """Make a collection of one frame."""
        frames = cls()
        frames.add(frame)
        return frames

    def add(self, frame: pl.DataFrame) -> None:
        """Append a frame. The second one moves the first out of memory."""
        if self._only is None and not self._ends:
            self._only, self._keys = frame, frame.select(_KEY_SCHEMA.names())
            return
        if self._only is not None:
            first, self._only, self._keys = self._only, None, pl.DataFrame(schema=_KEY_SCHEMA)
            self._spill(first)
        self._spill(frame)

    def _spill(self, frame: pl.DataFrame) -> None:
        self._keys.vstack(compact(frame.select(_KEY_SCHEMA.names())), in_place=True)
        buffer = BytesIO()
        frame.write_ipc(buffer, compression="lz4")
        self._file.seek(0, 2)
        self._file.write(buffer.getbuffer())
        self._ends.append(self._file.tell())

    def drop(self, row_numbers: pl.Series) -> None:
        """Leave these rows out from now on, beside those of earlier calls."""
        self._dropped = pl.concat([self._dropped.cast(row_numbers.dtype), row_numbers])
        self._keys = self._keys.filter(~pl.col("row_number").is_in(row_numbers.implode()))

    @property
    def height(self) -> int:
        """Count the listings."""
        return self._keys.height

    @property
    def keys(self) -> pl.DataFrame:
        """Return `row_number` and `source_key` of every listing."""
        return self._keys

    @property
    def in_one_frame(self) -> bool:
        """Tell whether there is only one frame, within which the row rules have compared the keys."""
        return self._only is not None

    def frames(self, columns: Sequence[str] = ROW_SCHEMA.names()) -> Iterator[pl.DataFrame]:
        """Read the frames in the file's order; there is at least one, which may be empty.

        Args:
            columns: what is needed of them, with `row_number`; others are left out of frames that are read from disk.
        """
        if self._only is not None:
            yield self._without_dropped(self._only)
            return
        if not self._ends:
            yield pl.DataFrame(schema=ROW_SCHEMA)
        start = 0
        for end in self._ends:
            self._file.seek(start)
            yield self._without_dropped(pl.read_ipc(BytesIO(self._file.read(end - start)), columns=list(columns)))
            start = end

    def _without_dropped(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self._dropped.is_empty():
            return frame
        return frame.filter(~pl.col("row_number").is_in(self._dropped.implode()))
