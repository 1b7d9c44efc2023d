"""Delimited files in perfect order, read by columns: about ten times as fast as row by row, and with the same result.

Whether a file is in order is decided before anything is believed: one line a row, quotes balanced on every line, no
NUL, no stray carriage return, no blank line, no overlong line. Whatever is in doubt is left to the careful reader,
which is also the definition of what a row means; a test reads everything by both and compares.
"""

import codecs
from functools import reduce

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from pipelines.feeds.readers.delimited.layout import Layout
from pipelines.feeds.readers.encoding import Decoded
from pipelines.feeds.readers.raw_table import ROW_TOO_LONG

_NEWLINE, _QUOTE = 10, 34
_BLANK_CELL = "^[ \\t\\x1a]*$"


def _body(decoded: Decoded, layout: Layout) -> bytes | None:
    """The rows in UTF-8 without what ends the file, or None where some byte of it needs care."""
    try:
        data = decoded.text.encode("utf-8")
    except UnicodeEncodeError:  # bytes outside the file's encoding
        return None
    start = 0
    for _ in range(layout.start):
        start = data.find(b"\n", start) + 1
        if not start:
            return None
    body = data[start:].rstrip(b"\r\n")
    if not body or body.startswith(codecs.BOM_UTF8) or b"\x00" in body or body.count(b"\r") != body.count(b"\r\n"):
        return None
    return body


def _rows_if_orderly(body: bytes) -> int | None:
    """How many rows the body has where every line is one, else None."""
    octets = np.frombuffer(body, np.uint8)
    ends = np.flatnonzero(octets == _NEWLINE)
    lengths = np.diff(ends, prepend=-1, append=len(body)) - 1
    crlf = bool(len(ends)) and octets[ends[0] - 1] == 13
    if lengths.min() <= crlf or lengths.max() > ROW_TOO_LONG:
        return None
    quotes = np.flatnonzero(octets == _QUOTE)
    if len(quotes) % 2 or (np.searchsorted(quotes, ends) % 2).any():
        return None
    return len(lengths)


def _read_columns(body: bytes, layout: Layout) -> pa.Table | None:
    names = [str(place) for place in range(layout.width)]
    wanted = sorted({place for places in layout.positions.values() for place in places})
    included = [names[place] for place in wanted]
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=True),
            parse_options=arrow_csv.ParseOptions(delimiter=layout.delimiter, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=included,
                column_types=dict.fromkeys(included, pa.large_string()),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:  # a ragged row
        return None


def _columns(layout: Layout) -> list[pl.Expr]:
    columns = []
    for name, places in layout.positions.items():
        texts = [pl.col(str(place)) for place in places]
        if len(texts) > 1:
            filled = [pl.when(text != "").then(text) for text in texts]
            columns.append(pl.concat_str(filled, separator="\n", ignore_nulls=True).alias(name))
        else:
            columns.append(texts[0].alias(name))
    return columns


def read_clean(decoded: Decoded, layout: Layout) -> pl.DataFrame | None:
    """`row_number` and the wanted columns as the careful reader would give them, or None: let it read the file."""
    body = _body(decoded, layout)
    rows = None if body is None or layout.width < 2 else _rows_if_orderly(body)
    if body is None or rows is None:
        return None
    table = _read_columns(body, layout)
    if table is None or table.num_rows != rows:
        return None
    cells = pl.from_arrow(table)
    if not isinstance(cells, pl.DataFrame):
        return None
    blank = reduce(
        lambda all_blank, name: all_blank & pl.col(name).str.contains(_BLANK_CELL), cells.columns, pl.lit(True)
    )
    if cells.select(blank.any()).item():
        return None  # it may be a line of separators, which is no row
    numbers = pl.int_range(1, rows + 1, dtype=pl.Int32).alias("row_number")
    return cells.select(*_columns(layout), numbers)
