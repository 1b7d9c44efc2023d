"""Read delimited files that are too large for memory, a chunk at a time.

A chunk ends where a line ends; a record that may go on in the next one is left to it. So every record is read with
the same lines before its eyes as in the whole file, and the outcome is the same.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import IO

import polars as pl

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.readers.byte_offsets import bytes_before, line_offsets, line_starts
from pipelines.feeds.readers.delimited.blank_lines import MAX_RECORD_LINES, end_of_blank_lines, shorten_blank_runs
from pipelines.feeds.readers.delimited.layout import Layout, find_layout
from pipelines.feeds.readers.delimited.reader import (
    HEAD,
    lines_of,
    no_rows,
    read_clean_lines,
    read_record_by_record,
    refuse_unreadable_beginning,
)
from pipelines.feeds.readers.delimited.units import with_units
from pipelines.feeds.readers.encoding import Decoded, decoded_blocks, find_encoding
from pipelines.feeds.readers.limits import UnreadableRecords
from pipelines.feeds.readers.raw_table import RawTable, raw_rejects


def delimited_chunks(file: IO[bytes], mapping: Mapping, characters: int) -> Iterator[RawTable]:
    """Read what `read_delimited` reads, some rows at a time: about as many as `characters` of text hold.

    Row numbers go on from chunk to chunk.

    Raises:
        RefusedFileError: as `decode` and `read_delimited`.
    """
    encoding = find_encoding(file, mapping.code_page)
    layout: Layout | None = None
    unreadable = UnreadableRecords()
    held, at, rows = "", encoding.mark, 0
    for text, final in _with_last(decoded_blocks(file, encoding)):
        held += text
        if layout is None and (blank := end_of_blank_lines(held)):
            at += len(held[:blank].encode(encoding.name))
            held = held[blank:]
        if not final and len(held) < max(characters, HEAD if layout is None else 0):
            continue
        layout = layout or find_layout(lines_of(held[:HEAD]), mapping)
        cut = len(held) if final else _line_end(held)
        raw, used, at = _read_chunk(Decoded(held[:cut], encoding.name, at), layout, unreadable, final=final)
        if used:
            held = held[used:]
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


def _read_chunk(
    chunk: Decoded, layout: Layout, unreadable: UnreadableRecords, *, final: bool
) -> tuple[RawTable, int, int]:
    """Read the rows of whole lines; return them, the number of characters read, and the byte after these.

    A record that may go on in the next chunk is not read.
    """
    shown = shorten_blank_runs(chunk, layout.delimiter)
    refuse_unreadable_beginning(shown.text, layout)
    lines = lines_of(shown.text)
    last = None if final else max(len(lines) - 1 - MAX_RECORD_LINES, 0)
    clean = read_clean_lines(lines, layout, unreadable)
    (frame, bad, begins), end = (clean, len(lines)) if clean else read_record_by_record(lines, layout, unreadable, last)
    used = len(shown.text) if end == len(lines) else line_starts(shown.text, [end])[0]
    offsets, others = line_offsets(shown, begins), layout.other_columns
    raw = RawTable(with_units(frame, layout.units), raw_rejects(bad), layout.delimiter, chunk.encoding, offsets, others)
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
    )
