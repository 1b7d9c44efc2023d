"""Split well-formed lines with polars, all at once; the others are left to the record reader.

A line is clean where a regular expression (whose time is linear) finds exactly the header's number of cells in it, each
either without quotes or quoted as in RFC 4180. Lines that are not clean are still read one by one, so faults are judged
in one place. A line with an odd number of quotes may begin a record that spans lines; then no line can be judged alone,
and the whole file is read record by record.
"""

import io
import re

import polars as pl

from pipelines.feeds.readers.delimited.layout import Layout

_FEWEST = 1_000
"""Below this number of lines reading record by record is as fast."""


def _record_pattern(layout: Layout, longest: int) -> pl.Expr:
    """Build the test whether a line is one clean record of the layout's width."""
    separator = re.escape(layout.delimiter)
    cell = f'(?:[^"{separator}\\x00]*|"(?:[^"\\x00]|"")*")'
    line = pl.col("line")
    fits = line.str.contains(f"^{cell}(?:{separator}{cell}){{{layout.width - 1}}}$")
    filled = line.str.strip_chars(layout.delimiter + " \t\x1a") != ""
    return fits & filled & (line.str.len_chars() <= longest)


def clean_lines(lines: list[str], layout: Layout, longest: int) -> pl.Series | None:
    """Return which lines from `layout.start` on are clean records; None where lines cannot be judged one by one."""
    if layout.width < 2 or len(lines) - layout.start < _FEWEST:
        return None
    try:
        frame = pl.DataFrame({"line": lines[layout.start :]}, schema={"line": pl.String})
    except UnicodeEncodeError:
        return None  # bytes that the encoding does not explain
    is_header = pl.col("line").is_in(sorted(layout.header))
    judged = frame.select("line", clean=_record_pattern(layout, longest) & ~is_header)
    odd = judged.filter(~pl.col("clean")).select((pl.col("line").str.count_matches('"', literal=True) % 2 == 1).any())
    return None if odd.item() else judged["clean"]


def split_columns(lines: list[str], layout: Layout) -> pl.DataFrame:
    """Return the wanted columns of clean lines, by name; a repeated column has its cells on lines of their own."""
    first = layout.delimiter * (layout.width - 1)  # polars drops U+FEFF at the beginning of what it reads
    cells = pl.read_csv(
        io.BytesIO("\n".join([first, *lines]).encode()),
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
