"""Digest rows by their text, to recognise those of an earlier file before they are cut into cells.

A line that is a record on its own is known by its characters. A row that is more or less than a line (its quotes hold
line breaks, or cells at its end were left out, which the lines below it must confirm) is known by its cells, after it
was read. A line is never taken for cells: the two kinds of digests have other seeds.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import polars as pl

DIGEST_SCHEMA: Final = pl.Schema({"row_number": pl.Int32(), "d1": pl.UInt64(), "d2": pl.UInt64()})
_OF_CELLS = (0x41, 0x7E5)
_OF_LINES = (0x1D, 0xB07)


class Recognise(Protocol):
    """Looks rows up among those whose outcome is known."""

    def __call__(self, digests: pl.DataFrame, form: str) -> pl.DataFrame:
        """Return `row_number` and the outcome of the known rows, in their order.

        Args:
            digests: DIGEST_SCHEMA.
            form: everything about the file by which the same text would mean something else.
        """


@dataclass(frozen=True)
class KnownRows:
    """The rows of a file that are known, and the digests by which the next file's are."""

    recognised: pl.DataFrame
    digests: pl.DataFrame
    """DIGEST_SCHEMA of every row that could be read, known or not."""
    form: str

    def renumbered(self, numbers: pl.Series, kept: pl.Series) -> "KnownRows":
        """Return the kept ones of rows that were numbered by their places, under the numbers of these places."""
        row_number = numbers.gather(self.recognised["row_number"] - 1)
        digests = self.digests.filter(kept).with_columns(row_number=numbers.filter(kept))
        return KnownRows(self.recognised.with_columns(row_number=row_number), digests, self.form)

    def numbered_from(self, before: int) -> "KnownRows":
        """Return the rows of a part of a file with their numbers in the file."""
        on = (pl.col("row_number") + before).cast(pl.Int32)
        return KnownRows(self.recognised.with_columns(on), self.digests.with_columns(on), self.form)


def digest_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """Hash all cells of every row, null unlike empty, in 128 bits: DIGEST_SCHEMA."""
    cells = frame.select(sorted(set(frame.columns) - {"row_number"}))
    first, second = (cells.hash_rows(seed) for seed in _OF_CELLS)
    return frame.select("row_number", d1=first, d2=second)


def digest_lines(lines: pl.Series, numbers: pl.Series) -> pl.DataFrame:
    """Hash whole lines, the rows of these numbers: DIGEST_SCHEMA."""
    first, second = (lines.hash(seed) for seed in _OF_LINES)
    return pl.DataFrame({"row_number": numbers, "d1": first, "d2": second}, schema=DIGEST_SCHEMA)
