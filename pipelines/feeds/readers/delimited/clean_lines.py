"""Split well-formed lines with polars, all at once; the others are left to the record reader.

A line is clean where a regular expression (whose time is linear) finds exactly the header's number of cells in it, each
either without quotes or quoted as in RFC 4180. Lines that are not clean are still read one by one, so faults are judged
in one place. A line with an odd number of quotes may begin a record that spans lines; then no line can be judged alone,
and the whole file is read record by record.

A line that was clean in an earlier file of the same layout is clean here, too, so it is not tested again.
"""

import io
import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.feeds.readers.delimited.layout import Layout
from pipelines.feeds.readers.known_rows import KnownRows, Recognise, digest_lines
from pipelines.feeds.readers.raw_table import ROW_TOO_LONG

_FEWEST = 1_000
"""Below this number of lines reading record by record is as fast."""


@dataclass(frozen=True)
class JudgedLines:
    """The lines of a text from the first record on, judged one by one."""

    lines: pl.Series
    clean: pl.Series
    """Whether a line is a clean record."""
    known: KnownRows | None
    """Of the lines, numbered from 1, where they are to be recognised; all recognised ones are clean."""

    @property
    def to_read(self) -> pl.Series:
        """Return whether a line is a clean record that was not recognised."""
        return self.clean if self.known is None else self.clean & ~_at(self.known.recognised, self.lines.len())


def same_line_ends(text: str) -> str:
    """Put a line feed in place of every other line end."""
    if "\r" not in text:  # looking for pairs takes longer than looking for one character
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split_lines(text: str) -> pl.Series:
    """Split a text into lines, whatever line ends it has.

    Raises:
        UnicodeEncodeError: the text has bytes that the encoding does not explain.
    """
    return pl.Series("line", [same_line_ends(text)], dtype=pl.String).str.split("\n").explode()


def judge_lines(text: str, layout: Layout, recognise: Recognise | None = None) -> JudgedLines | None:
    """Find the clean records among the lines; None where lines cannot be judged one by one."""
    if layout.width < 2:
        return None
    try:
        lines = split_lines(text)[layout.start :]
    except UnicodeEncodeError:
        return None
    if lines.len() < _FEWEST:
        return None
    known = None
    clean = np.zeros(lines.len(), np.bool)
    if recognise is not None:
        digests = digest_lines(lines, pl.int_range(1, lines.len() + 1, dtype=pl.Int32, eager=True))
        known = KnownRows(recognise(digests, layout.form), digests, layout.form)
        clean = _at(known.recognised, lines.len()).to_numpy(writable=True)
    unknown = lines.filter(~pl.Series(clean)).to_frame().select("line", clean=is_clean(layout))
    odd = pl.col("line").str.count_matches('"', literal=True) % 2 == 1
    if unknown.filter(~pl.col("clean")).select(odd.any()).item():
        return None
    clean[~clean] = unknown["clean"].to_numpy()
    return JudgedLines(lines, pl.Series(clean), known)


def _at(rows: pl.DataFrame, lines: int) -> pl.Series:
    """Return for each line whether it is among the rows."""
    found = np.zeros(lines, np.bool)
    found[rows["row_number"].to_numpy() - 1] = True
    return pl.Series(found)


def is_clean(layout: Layout) -> pl.Expr:
    """Build the test whether the text of `line` is one clean record of the layout's width, and no header."""
    separator = re.escape(layout.delimiter)
    cell = f'(?:[^"{separator}\\x00]*|"(?:[^"\\x00]|"")*")'
    line = pl.col("line")
    fits = line.str.contains(f"^{cell}(?:{separator}{cell}){{{layout.width - 1}}}$")
    filled = line.str.strip_chars(layout.delimiter + " \t\x1a") != ""
    return fits & filled & (line.str.len_chars() <= ROW_TOO_LONG) & ~line.is_in(sorted(layout.header))


def split_columns(lines: pl.Series, layout: Layout) -> pl.DataFrame:
    """Return the wanted columns of clean lines, by name; a repeated column has its cells on lines of their own."""
    first = layout.delimiter * (layout.width - 1)  # polars drops U+FEFF at the beginning of what it reads
    cells = pl.read_csv(
        io.BytesIO("\n".join([first, *lines.to_list()]).encode()),
        has_header=False,
        separator=layout.delimiter,
        quote_char='"',
        schema={str(place): pl.String for place in range(layout.width)},
        empty_string_is_null=False,
        columns=sorted({place for places in layout.positions.values() for place in places}),
    )
    return cells.slice(1).select(_joined(places).alias(name) for name, places in layout.positions.items())


def _joined(places: tuple[int, ...]) -> pl.Expr:
    if len(places) == 1:
        return pl.col(str(places[0]))
    given = [pl.when(pl.col(str(place)) != "").then(pl.col(str(place))) for place in places]
    return pl.concat_str(given, separator="\n", ignore_nulls=True)
