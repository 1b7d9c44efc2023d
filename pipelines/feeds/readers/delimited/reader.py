"""Read CSV, TSV, semicolons and pipes so that one bad row costs one row.

A quote that is never closed would swallow the rest of a file. So a row that spans lines must close within
`MAX_RECORD_LINES` lines and have the header's width; else its first line alone is rejected and reading goes on with
the next line.
"""

import re
from array import array
from collections.abc import Iterator
from itertools import compress

import polars as pl

from core.errors import RefusedFileError
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.readers.byte_offsets import line_offsets
from pipelines.feeds.readers.delimited.blank_lines import BLANK, MAX_RECORD_LINES, shorten_blank_runs
from pipelines.feeds.readers.delimited.clean_lines import clean_lines, split_columns
from pipelines.feeds.readers.delimited.layout import Layout, find_layout, split_cells
from pipelines.feeds.readers.delimited.units import with_units
from pipelines.feeds.readers.encoding import UNDECODED, Decoded
from pipelines.feeds.readers.limits import MOST_UNREADABLE, UnreadableRecords
from pipelines.feeds.readers.raw_table import ROW_TOO_LONG, RawTable, raw_rejects

HEAD = 1 << 20
"""Characters at the beginning that tell how the file is laid out; a longer header is none."""

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

    It is taken for a half where the next line is no row either: a line break without quotes would cut a row in two.
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


def _read_record(lines: list[str], start: int, layout: Layout) -> tuple[Record, int]:
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


def _records(lines: list[str], layout: Layout) -> Iterator[tuple[int, Record]]:
    """Yield records and the line that each begins on; lines with nothing but separators are not records."""
    blank = layout.delimiter + BLANK
    start = layout.start
    while start < len(lines):
        if not lines[start].strip(blank) or lines[start] in layout.header:
            start += 1
            continue
        record, used = _read_record(lines, start, layout)
        yield start, record
        start += used


def _column(rows: list[list[str]], places: tuple[int, ...]) -> list[str]:
    """Return the cells of one column; those of a repeated one are on lines of their own."""
    if len(places) == 1:
        (place,) = places
        return [cells[place] for cells in rows]
    return ["\n".join(cells[place] for place in places if cells[place]) for cells in rows]


def lines_of(text: str) -> list[str]:
    """Split a text into lines, whatever line ends it has."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


Rows = tuple[pl.DataFrame, list[tuple[int, str, str]], "array[int]"]
"""Cells with row numbers, (row number, code, text) of rows that are none, and the line that each row begins on."""


def _frame(rows: list[list[str]], numbers: list[int], layout: Layout) -> pl.DataFrame:
    data = {name: _column(rows, places) for name, places in layout.positions.items()}
    frame = pl.DataFrame(data, schema=dict.fromkeys(layout.positions, pl.String))
    return frame.with_columns(pl.Series("row_number", numbers, pl.Int32))


def read_record_by_record(
    lines: list[str], layout: Layout, unreadable: UnreadableRecords, end: int | None = None
) -> tuple[Rows, int]:
    """Read records one by one, each of as many lines as it takes; return them and the first line not read.

    Records that begin at line `end` or later are left to a call that has the lines that follow.
    """
    good: list[list[str]] = []
    numbers: list[int] = []
    bad: list[tuple[int, str, str]] = []
    begins = array("i")
    for number, (line, (cells, code, text)) in enumerate(_records(lines, layout), start=1):
        if end is not None and line >= end:
            return (_frame(good, numbers, layout), bad, begins), line
        begins.append(line)
        if code is None:
            good.append(cells)
            numbers.append(number)
        else:
            unreadable.add()
            bad.append((number, code, UNDECODED.sub("?", text[:2000])))
    return (_frame(good, numbers, layout), bad, begins), len(lines)


def read_clean_lines(lines: list[str], layout: Layout, unreadable: UnreadableRecords) -> Rows | None:
    """Read the same rows where no record spans lines: all clean lines at once, then the others one by one."""
    clean = clean_lines(lines, layout, ROW_TOO_LONG)
    if clean is None:
        return None
    below = lines[layout.start :]
    others: dict[int, Record] = {}
    for place in (~clean).arg_true():
        if not below[place].strip(layout.delimiter + BLANK) or below[place] in layout.header:
            continue
        others[place], _ = _read_record(below[place : place + 3], 0, layout)
        if others[place][1] is not None:
            unreadable.add()
    is_row = clean.clone().scatter(list(others), values=True) if others else clean
    numbers = is_row.cast(pl.Int32).cum_sum()
    frame = split_columns(list(compress(below, clean.to_list())), layout)
    frame = frame.with_columns(numbers.filter(clean).alias("row_number"))
    good = {numbers[place]: cells for place, (cells, code, _) in others.items() if code is None}
    if good:
        frame = pl.concat([frame, _frame(list(good.values()), list(good), layout)]).sort("row_number")
    bad = [(numbers[place], code, text[:2000]) for place, (_, code, text) in others.items() if code is not None]
    return frame, bad, array("i", (is_row.arg_true() + layout.start).to_list())


def refuse_unreadable_beginning(text: str, layout: Layout) -> None:
    """Refuse a text whose first `HEAD` characters hold too many lines that are no records, before all of it is split.

    Raises:
        RefusedFileError: `mostly_unreadable`.
    """
    if text.count("\n", 0, HEAD) + text.count("\r", 0, HEAD) > MOST_UNREADABLE:
        lines = lines_of(text[:HEAD])
        read_record_by_record(lines, layout, UnreadableRecords(), len(lines) - 1 - MAX_RECORD_LINES)


def read_delimited(decoded: Decoded, mapping: Mapping) -> RawTable:
    """Read the columns of the mapping from a file with a header or with stated positions.

    Raises:
        RefusedFileError: `no_rows` for a header alone; `missing_columns` where no wanted column is there;
            `mostly_unreadable`.
    """
    layout = find_layout(lines_of(shorten_blank_runs(decoded).text[:HEAD]), mapping)
    decoded = shorten_blank_runs(decoded, layout.delimiter)
    refuse_unreadable_beginning(decoded.text, layout)
    lines, unreadable = lines_of(decoded.text), UnreadableRecords()
    clean = read_clean_lines(lines, layout, unreadable)
    frame, bad, begins = clean or read_record_by_record(lines, layout, unreadable)[0]
    if frame.is_empty() and not bad:
        raise no_rows()
    offsets = line_offsets(decoded, begins)
    frame = with_units(frame, layout.units)
    return RawTable(frame, raw_rejects(bad), layout.delimiter, decoded.encoding, offsets, layout.other_columns)


def no_rows() -> RefusedFileError:
    """Return the error for a file that is a header alone."""
    return RefusedFileError(
        "The file has a header but no rows: nothing was changed. Send it again with the stock.", code="no_rows"
    )
