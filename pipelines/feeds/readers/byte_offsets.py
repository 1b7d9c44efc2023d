"""Locate rows in the bytes of a file; worked out only for rows that are reported.

Offsets count in the file as it was before decoding (and after unpacking), its byte order mark included, so that
`tail -c +OFFSET` shows the row whatever the encoding.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from pipelines.feeds.readers.encoding import Decoded

Offsets = Callable[[pl.Series], pl.Series]
"""Row numbers (ascending, Int32) to byte offsets (Int64, null where it is not known)."""

_LINE_END = re.compile("\r\n|\r|\n")


def unknown_offsets(rows: pl.Series) -> pl.Series:
    """Return null for every row: for records without an offset, such as those of a list inside a JSON document."""
    return pl.repeat(None, rows.len(), dtype=pl.Int64, eager=True)


def bytes_before(decoded: Decoded, characters: Sequence[int]) -> list[int]:
    """Return the byte offsets of ascending positions in the text."""
    offsets, total, cuts = [], decoded.mark, 0
    one_each = decoded.text.isascii() and not decoded.encoding.startswith("utf-16")
    for start, end in pairwise((0, *characters)):
        total += end - start if one_each else len(decoded.text[start:end].encode(decoded.encoding, "surrogateescape"))
        while cuts < len(decoded.cuts) and decoded.cuts[cuts].position <= end:
            total += decoded.cuts[cuts].size
            cuts += 1
        offsets.append(total)
    return offsets


def line_starts(text: str, lines: Sequence[int]) -> list[int]:
    """Return the positions in the text of ascending line numbers (from 0)."""
    starts: list[int] = []
    # Nearly always a search for one character is enough: counting pairs takes longer than all the rest.
    if "\r" not in text or text.count("\r") == text.count("\r\n"):
        if text.isascii():
            breaks = np.flatnonzero(np.frombuffer(text.encode(), np.uint8) == ord("\n"))
            begins: list[int] = np.concatenate([[0], breaks + 1])[np.asarray(lines, np.int64)].tolist()
            return begins
        current, position = 0, 0
        for line in lines:
            for _ in range(line - current):
                position = text.index("\n", position) + 1
            current = line
            starts.append(position)
        return starts
    ends = _LINE_END.finditer(text)
    current, position = 0, 0
    for line in lines:
        while current < line:
            position = next(ends).end()
            current += 1
        starts.append(position)
    return starts


def line_offsets(decoded: Decoded, line_of_row: Sequence[int]) -> Offsets:
    """Build the offsets of rows from the line that each begins on; `line_of_row[0]` is where row 1 begins."""

    def locate(rows: pl.Series) -> pl.Series:
        lines = [line_of_row[row - 1] for row in rows]
        return pl.Series(bytes_before(decoded, line_starts(decoded.text, lines)), dtype=pl.Int64)

    return locate


def character_offsets(decoded: Decoded, position_of_row: Sequence[int]) -> Offsets:
    """Build the offsets of rows from the position in the text where each begins."""

    def locate(rows: pl.Series) -> pl.Series:
        return pl.Series(bytes_before(decoded, [position_of_row[row - 1] for row in rows]), dtype=pl.Int64)

    return locate
