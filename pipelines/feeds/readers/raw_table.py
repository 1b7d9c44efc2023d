"""Define the result of every reader: the cells as text, and the rows that could not be read as rows."""

from dataclasses import dataclass

import polars as pl

from pipelines.feeds.readers.byte_offsets import Offsets, unknown_offsets
from pipelines.feeds.readers.known_rows import KnownRows

ROW_TOO_LONG = 100_000
SHOWN = 2_000
"""Characters of a rejected row that are kept."""


@dataclass(frozen=True)
class RawTable:
    """Hold cells by the sender's column names, before they are interpreted.

    `frame` has `row_number` (Int32) and one String column per column that the mapping reads and the file has.
    `rejects` has row_number, code and value: rows lost to their form. Every record of the file is in one of both, but
    for those that the reader recognised.
    """

    frame: pl.DataFrame
    rejects: pl.DataFrame
    delimiter: str | None
    encoding: str
    offsets: Offsets = unknown_offsets
    """The first byte of each row; asked only for rows that are rejected."""
    other_columns: tuple[str, ...] = ()
    """Columns of the file that the mapping does not read; of XML and JSON those of the first cars."""
    known: KnownRows | None = None
    """The rows that the reader recognised by their text, and did not cut into cells; None where it cannot."""

    @property
    def rows_read(self) -> int:
        """Number of records in the file, readable or not."""
        recognised = 0 if self.known is None else self.known.recognised.height
        return self.frame.height + self.rejects.height + recognised


def raw_rejects(rows: list[tuple[int, str, str]]) -> pl.DataFrame:
    """Build a frame from tuples of row number, code and text of the row."""
    schema = pl.Schema({"row_number": pl.Int32, "code": pl.String, "value": pl.String})
    return pl.DataFrame(rows, schema=schema, orient="row")
