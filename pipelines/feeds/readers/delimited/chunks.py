"""Read delimited files that are too large for memory, a chunk at a time.

A chunk ends where a line ends; a record that may go on in the next one is left to it. So every record is read with
the same lines before its eyes as in the whole file, and the outcome is the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import IO

import polars as pl

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.readers.byte_offsets import bytes_before, line_starts
from pipelines.feeds.readers.delimited.blank_lines import end_of_blank_lines, shorten_blank_runs
from pipelines.feeds.readers.delimited.layout import Layout, find_layout
from pipelines.feeds.readers.delimited.reader import (
    HEAD,
    Rows,
    lines_of,
    no_rows,
    read_rows,
    refuse_unreadable_beginning,
)
from pipelines.feeds.readers.encoding import Decoded, decoded_blocks, find_encoding
from pipelines.feeds.readers.known_rows import Recognise
from pipelines.feeds.readers.limits import UnreadableRecords
from pipelines.feeds.readers.raw_table import RawTable

_ReadRows = Callable[[str, Layout], tuple[Rows, int | None]]


def delimited_chunks(
    file: IO[bytes], mapping: Mapping, characters: int, recognise: Recognise | None = None
) -> Iterator[RawTable]:
    """Read what `read_delimited` reads, some rows at a time: about as many as `characters` of text hold.

    Row numbers go on from chunk to chunk.

    Raises:
        RefusedFileError: as `decode` and `read_delimited`.
    """
    encoding = find_encoding(file, mapping.code_page)
    layout: Layout | None = None
    read = partial(read_rows, unreadable=UnreadableRecords(), recognise=recognise)
    blocks: list[str] = []
    at, rows = encoding.mark, 0
    for text, final in _with_last(decoded_blocks(file, encoding)):
        blocks.append(text)
        if not final and sum(map(len, blocks)) < max(characters, HEAD if layout is None else 0):
            continue
        held = "".join(blocks)
        blocks = [held]
        if layout is None and (blank := end_of_blank_lines(held)):
            at += len(held[:blank].encode(encoding.name))
            held = held[blank:]
            blocks = [held]
            if not final and len(held) < max(characters, HEAD):
                continue
        layout = layout or find_layout(lines_of(held[:HEAD]), mapping)
        cut = len(held) if final else _line_end(held)
        raw, used, at = _read_chunk(Decoded(held[:cut], encoding.name, at), layout, partial(read, may_go_on=not final))
        if used:
            blocks = [held[used:]]
            layout = replace(layout, start=0)
        if raw.rows_read:
            yield _numbered_from(raw, rows)
            rows += raw.rows_read
    if not rows:
        raise no_rows()


def _with_last(decoded_blocks: Iterator[str]) -> Iterator[tuple[str, bool]]:
    """Yield each text, and whether it is the last."""
    held = next(decoded_blocks)
    for text in decoded_blocks:
        yield held, False
        held = text
    yield held, True


def _line_end(text: str) -> int:
    """Return where the last whole line ends; a carriage return at the very end may be half of a line end."""
    return text.rfind("\n") + 1 or text.rfind("\r", 0, len(text) - 1) + 1


def _read_chunk(chunk: Decoded, layout: Layout, read: _ReadRows) -> tuple[RawTable, int, int]:
    """Read the rows of whole lines; return them, the number of characters read, and the byte after these.

    A record that may go on in the next chunk is not read.
    """
    shown = shorten_blank_runs(chunk, layout.delimiter)
    refuse_unreadable_beginning(shown.text, layout)
    rows, end = read(shown.text, layout)
    used = len(shown.text) if end is None else line_starts(shown.text, [end])[0]
    raw = rows.as_table(shown, layout)
    left_out = sum(cut.characters for cut in shown.cuts if cut.position <= used)
    return raw, used + left_out, bytes_before(shown, [used])[0]


def _numbered_from(raw: RawTable, before: int) -> RawTable:
    """Renumber the rows of a chunk as rows of the file."""
    on = pl.col("row_number") + before
    return replace(
        raw,
        frame=raw.frame.with_columns(on.cast(pl.Int32)),
        rejects=raw.rejects.with_columns(on.cast(pl.Int32)),
        offsets=lambda rows: raw.offsets(rows - before),
        known=None if raw.known is None else raw.known.numbered_from(before),
    )
