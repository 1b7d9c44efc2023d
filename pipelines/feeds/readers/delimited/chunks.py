"""Delimited files a chunk at a time, for those that are too large to be read whole.

A chunk ends where a line ends; a record that may go on in the next one is left to it. So every record is read with
the same lines before its eyes as in the whole file, and the outcome is the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import IO

import polars as pl

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.readers.byte_offsets import line_offsets, line_starts
from pipelines.feeds.readers.delimited.columnar import read_clean
from pipelines.feeds.readers.delimited.layout import Layout, find_layout
from pipelines.feeds.readers.delimited.reader import (
    HEAD,
    MAX_RECORD_LINES,
    lines_of,
    no_rows,
    read_carefully,
    read_clean_lines,
)
from pipelines.feeds.readers.encoding import Decoded, find_encoding, texts
from pipelines.feeds.readers.raw_table import RawTable, raw_rejects


def delimited_chunks(file: IO[bytes], mapping: Mapping, characters: int) -> Iterator[RawTable]:
    """What `read_delimited` reads, some rows at a time: about as many as stand in so many characters.

    Row numbers go on from chunk to chunk.

    Raises:
        RefusedFileError: as `decode` and `read_delimited`.
    """
    encoding = find_encoding(file, mapping.code_page)
    layout: Layout | None = None
    held, at, rows = "", encoding.mark, 0
    for text, final in _with_last(texts(file, encoding)):
        held += text
        if not final and len(held) < max(characters, HEAD if layout is None else 0):
            continue
        layout = layout or find_layout(lines_of(held[:HEAD]), mapping)
        cut = len(held) if final else _line_end(held)
        chunk = Decoded(held[:cut], encoding.name, at)
        raw, used = _read_chunk(chunk, layout, final=final)
        if used:
            at += len(held[:used].encode(encoding.name, "surrogateescape"))
            held = held[used:]
            layout = replace(layout, start=0)
        if raw.rows_read:
            yield _numbered_from(raw, rows)
            rows += raw.rows_read
    if not rows:
        raise no_rows()


def _with_last(texts: Iterator[str]) -> Iterator[tuple[str, bool]]:
    """Each text, and whether it is the last."""
    held = next(texts)
    for text in texts:
        yield held, False
        held = text
    yield held, True


def _line_end(text: str) -> int:
    """Where the last whole line ends; a carriage return at the very end may be half of a line end."""
    return text.rfind("\n") + 1 or text.rfind("\r", 0, len(text) - 1) + 1


def _read_chunk(chunk: Decoded, layout: Layout, *, final: bool) -> tuple[RawTable, int]:
    """The rows of whole lines, and how many characters of them were read: a record may go on in the next chunk."""
    frame = read_clean(chunk, layout)
    if frame is not None:
        begins: Sequence[int] = range(layout.start, layout.start + frame.height)
        offsets = line_offsets(chunk, begins)
        return RawTable(frame, raw_rejects([]), layout.delimiter, chunk.encoding, offsets), len(chunk.text)
    lines = lines_of(chunk.text)
    last = None if final else max(len(lines) - 1 - MAX_RECORD_LINES, 0)
    orderly = read_clean_lines(lines, layout)
    (frame, bad, begins), end = (orderly, len(lines)) if orderly else read_carefully(lines, layout, last)
    used = len(chunk.text) if end == len(lines) else line_starts(chunk.text, [end])[0]
    offsets = line_offsets(chunk, begins)
    return RawTable(frame, raw_rejects(bad), layout.delimiter, chunk.encoding, offsets), used


def _numbered_from(raw: RawTable, before: int) -> RawTable:
    """The chunk with row numbers of the file."""
    on = pl.col("row_number") + before
    return replace(
        raw,
        frame=raw.frame.with_columns(on.cast(pl.Int32)),
        rejects=raw.rejects.with_columns(on.cast(pl.Int32)),
        offsets=lambda rows: raw.offsets(rows - before),
    )
