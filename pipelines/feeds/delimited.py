"""CSV, TSV, semicolons and pipes: one bad row costs one row.

A quote that is never closed would swallow the rest of a file. So a row that spans lines must close within
`MAX_RECORD_LINES` lines and have the header's width; else its first line alone is rejected and reading goes on with
the next line.
"""

import csv
import re
from collections.abc import Iterator

import polars as pl

from core.errors import RefusedFileError
from pipelines.feeds.encoding import UNDECODED, Decoded
from pipelines.feeds.raw import ROW_TOO_LONG, RawTable, raw_rejects
from pipelines.feeds.rejects import PHONE_MASK, PHONE_PATTERN

DELIMITERS = (",", "\t", ";", "|")
MAX_RECORD_LINES = 60

Record = tuple[list[str], str | None, str]
"""Cells, the code of what is wrong (then the cells are empty), and the text of the row."""


def _cells(text: str, delimiter: str, *, strict: bool) -> list[str] | None:
    """The cells of exactly one record, or None where the quoting does not allow it."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=strict))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _fitted(cells: list[str] | None, width: int) -> list[str] | None:
    """Cells at the header's width; empty cells beyond it are what spreadsheets leave behind."""
    if cells is None or len(cells) < width or any(cell.strip() for cell in cells[width:]):
        return None
    return cells[:width]


def _spanning(lines: list[str], start: int, delimiter: str, width: int) -> tuple[list[str], int] | None:
    """A record whose quoted cell holds line breaks, and how many lines it takes."""
    odd = False
    for end in range(start, min(start + MAX_RECORD_LINES, len(lines))):
        odd ^= lines[end].count('"') % 2 == 1
        if not odd and end > start:
            cells = _fitted(_cells("\n".join(lines[start : end + 1]), delimiter, strict=True), width)
            return None if cells is None else (cells, end + 1 - start)
    return None


def _fault(text: str) -> str | None:
    if "\x00" in text:
        return "nul_byte"
    if UNDECODED.search(text):
        return "not_utf8"
    return "row_too_long" if len(text) > ROW_TOO_LONG else None


def _read_record(lines: list[str], start: int, delimiter: str, width: int) -> tuple[Record, int]:
    line = lines[start]
    if code := _fault(line):
        return ([], code, line), 1
    alone = _cells(line, delimiter, strict=True)
    if (cells := _fitted(alone, width)) is not None:
        return (cells, None, line), 1
    if alone is not None:
        return ([], "ragged_row", line), 1
    if line.count('"') % 2 == 0:
        lenient = _cells(line, delimiter, strict=False)
        cells = _fitted(lenient, width)
        return ([], "bad_quoting", line) if cells is None else (cells, None, line), 1
    spanning = _spanning(lines, start, delimiter, width)
    if spanning is None:
        return ([], "bad_quoting", line), 1
    cells, used = spanning
    text = "\n".join(lines[start : start + used])
    code = _fault(text)
    return ([] if code else cells, code, text), used


def _records(lines: list[str], start: int, delimiter: str, width: int) -> Iterator[Record]:
    """Records from a line on; lines with nothing but separators are not records."""
    blank = delimiter + " \t\x1a"  # Ctrl-Z ends files that old exporters write
    while start < len(lines):
        if not lines[start].strip(blank):
            start += 1
            continue
        record, used = _read_record(lines, start, delimiter, width)
        yield record
        start += used


def header_key(name: str) -> str:
    """Header names compare without case, quotes and surplus spaces."""
    return re.sub(r"\s+", " ", name).strip(" \t\"'\ufeff\u200b").casefold()


def _header(lines: list[str], wanted: set[str]) -> tuple[list[str], str, int]:
    """Header cells, the delimiter under which most wanted names appear, and the line after the header."""
    first = next(i for i, line in enumerate(lines) if line.strip())
    if re.fullmatch(r"sep=.", lines[first].strip(), re.IGNORECASE) and first + 1 < len(lines):
        first += 1  # a hint that Excel writes for itself
    best: tuple[int, int, list[str], str] = (-1, -1, [], ",")
    for delimiter in DELIMITERS:
        cells = _cells(lines[first], delimiter, strict=False) or [lines[first]]
        found = len(wanted.intersection(map(header_key, cells)))
        best = max(best, (found, len(cells), cells, delimiter), key=lambda candidate: candidate[:2])
    return best[2], best[3], first + 1


def read_delimited(decoded: Decoded, wanted: tuple[str, ...]) -> RawTable:
    """The wanted columns of a delimited file that begins with a header.

    Raises:
        RefusedFileError: `no_rows` for a header alone; `missing_columns` where no wanted column is there.
    """
    lines = decoded.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    names = {header_key(name): name for name in wanted}
    header, delimiter, start = _header(lines, set(names))
    positions: dict[str, int] = {}
    for position, cell in enumerate(header):
        if (name := names.get(header_key(cell))) is not None:
            positions.setdefault(name, position)
    if not positions:
        shown = re.sub(PHONE_PATTERN, PHONE_MASK, UNDECODED.sub("?", ", ".join(header)))[:200]
        raise RefusedFileError(
            f"The first row has none of the columns of this mapping; it reads: {shown!r}."
            " Send the file with its header, or choose another mapping.",
            code="missing_columns",
        )
    good: list[list[str]] = []
    numbers: list[int] = []
    bad: list[tuple[int, str, str]] = []
    for number, (cells, code, text) in enumerate(_records(lines, start, delimiter, len(header)), start=1):
        if code is None:
            good.append(cells)
            numbers.append(number)
        else:
            bad.append((number, code, UNDECODED.sub("?", text[:2000])))
    if not good and not bad:
        raise RefusedFileError(
            "The file has a header but no rows: nothing was changed. Send it again with the stock.", code="no_rows"
        )
    data = {name: [cells[position] for cells in good] for name, position in positions.items()}
    frame = pl.DataFrame(data, schema=dict.fromkeys(positions, pl.String))
    frame = frame.with_columns(pl.Series("row_number", numbers, pl.Int32))
    return RawTable(frame, raw_rejects(bad), delimiter, decoded.encoding)
