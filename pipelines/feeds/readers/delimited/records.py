"""Read the records of delimited lines one by one, each of as many lines as it takes.

A quote that is never closed would swallow the rest of a file. So a row that spans lines must close within
`MAX_RECORD_LINES` lines and have the header's width; else its first line alone is rejected and reading goes on with
the next line.
"""

import re
from collections.abc import Iterator

import polars as pl

from pipelines.feeds.readers.delimited.blank_lines import BLANK, MAX_RECORD_LINES
from pipelines.feeds.readers.delimited.layout import Layout, split_cells
from pipelines.feeds.readers.encoding import UNDECODED
from pipelines.feeds.readers.raw_table import ROW_TOO_LONG

Record = tuple[list[str], str | None, str]
"""Cells, the reject code (then the cells are empty) or None, and the text of the row."""


def _fitted(cells: list[str] | None, width: int) -> list[str] | None:
    """Return the cells at the header's width, or None; spreadsheets leave empty cells beyond it, which are dropped."""
    if cells is None or len(cells) < width or any(cell.strip() for cell in cells[width:]):
        return None
    return cells[:width]


def _spanning(lines: list[str], start: int, delimiter: str, width: int) -> tuple[list[str], int] | None:
    """Return a record whose quoted cell holds line breaks, and how many lines it takes."""
    odd = False
    for end in range(start, min(start + MAX_RECORD_LINES, len(lines))):
        odd ^= lines[end].count('"') % 2 == 1
        if not odd and end > start:
            cells = _fitted(split_cells("\n".join(lines[start : end + 1]), delimiter, strict=True), width)
            return None if cells is None else (cells, end + 1 - start)
    return None


def _fault(text: str) -> str | None:
    if "\x00" in text:
        return "nul_byte"
    if UNDECODED.search(text):
        return "not_utf8"
    return "row_too_long" if len(text) > ROW_TOO_LONG else None


_YEAR = re.compile(r"\D*(?:19|20)\d\d(?:\.0)?\D*|.*\b(?:19|20)\d\d\b.*")


def _padded(cells: list[str], lines: list[str], start: int, layout: Layout) -> list[str] | None:
    """Return a row whose empty cells at the end were left out, or None for one that may be the half of a row.

    A line break without quotes cuts a row in two, so it is taken for a half where the next line is no row either.
    """
    if layout.least is None or not layout.least <= len(cells) < layout.width:
        return None
    after = next((line for line in lines[start + 1 : start + 3] if line.strip(layout.delimiter + BLANK)), None)
    if after is not None:
        following = split_cells(after, layout.delimiter, strict=False) or []
        year = following[layout.year] if layout.year is not None and layout.year < len(following) else ""
        if len(following) < layout.least or (layout.year is not None and not _YEAR.fullmatch(year)):
            return None
    return cells + [""] * (layout.width - len(cells))


def read_record(lines: list[str], start: int, layout: Layout) -> tuple[Record, int]:
    """Read the record that begins on a line, and return it with the number of lines that it takes."""
    line, delimiter, width = lines[start], layout.delimiter, layout.width
    if code := _fault(line):
        return ([], code, line), 1
    alone = split_cells(line, delimiter, strict=True)
    if (cells := _fitted(alone, width)) is not None:
        return (cells, None, line), 1
    if alone is not None:
        padded = _padded(alone, lines, start, layout)
        return ([], "ragged_row", line) if padded is None else (padded, None, line), 1
    if line.count('"') % 2 == 0:
        lenient = split_cells(line, delimiter, strict=False)
        cells = _fitted(lenient, width)
        return ([], "bad_quoting", line) if cells is None else (cells, None, line), 1
    spanning = _spanning(lines, start, delimiter, width)
    if spanning is None:
        return ([], "bad_quoting", line), 1
    cells, used = spanning
    text = "\n".join(lines[start : start + used])
    code = _fault(text)
    return ([] if code else cells, code, text), used


def records_of(lines: list[str], layout: Layout) -> Iterator[tuple[int, Record]]:
    """Yield records and the line that each begins on; lines with nothing but separators are not records."""
    blank = layout.delimiter + BLANK
    start = layout.start
    while start < len(lines):
        if not lines[start].strip(blank) or lines[start] in layout.header:
            start += 1
            continue
        record, used = read_record(lines, start, layout)
        yield start, record
        start += used


def _column(rows: list[list[str]], places: tuple[int, ...]) -> list[str]:
    """Return the cells of one column; those of a repeated one are on lines of their own."""
    if len(places) == 1:
        (place,) = places
        return [cells[place] for cells in rows]
    return ["\n".join(cells[place] for place in places if cells[place]) for cells in rows]


def cells_frame(rows: list[list[str]], numbers: list[int], layout: Layout) -> pl.DataFrame:
    """Return the wanted cells of rows with their numbers."""
    data = {name: _column(rows, places) for name, places in layout.positions.items()}
    frame = pl.DataFrame(data, schema=dict.fromkeys(layout.positions, pl.String))
    return frame.with_columns(pl.Series("row_number", numbers, pl.Int32))
