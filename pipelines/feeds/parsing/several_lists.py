"""Read the lists of a zip as one file: one that cannot be read is left out and told, and the others are read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from core.errors import RefusedFileError
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.parsing.parse_chunked import parse_chunks
from pipelines.feeds.parsing.result import ParsedFeed
from pipelines.feeds.parsing.row_cache import columns_of
from pipelines.feeds.readers.byte_offsets import unknown_offsets
from pipelines.feeds.readers.chunks import Chunks
from pipelines.feeds.readers.known_rows import Recognise
from pipelines.feeds.readers.raw_table import RawTable
from pipelines.feeds.readers.unpack import Unpacked
from pipelines.feeds.unread_columns import NO_STOCK, UnreadColumn, left_out_list, worst_first

_FEWEST_COLUMNS: Final = 3
"""Columns of the mapping that a file has which may be a stock list; as for sheets of a workbook."""

Open = Callable[[Unpacked], tuple[Chunks, Mapping]]
"""Returns how a list is read, and the mapping as it applies to it."""


@dataclass
class _Lists:
    """The lists that can be read, each with the rows before it, and those that were left out."""

    read: list[tuple[int, Chunks]] = field(default_factory=list)
    rows: int = 0
    left_out: list[UnreadColumn] = field(default_factory=list)
    errors: list[RefusedFileError] = field(default_factory=list)

    def chunks(self, *, recognise: Recognise | None = None) -> Iterator[RawTable]:
        """Read all lists; row numbers go on from list to list, and belong to no byte of the file that was sent.

        No row is recognised: how the lists are laid out differs.
        """
        del recognise
        for start, chunks in self.read:
            for raw in chunks():
                frame, rejects = (
                    each.with_columns((pl.col("row_number") + start).cast(pl.Int32))
                    for each in (raw.frame, raw.rejects)
                )
                yield replace(raw, frame=frame, rejects=rejects, offsets=unknown_offsets)


def parse_several(
    lists: Iterable[tuple[str, Unpacked | RefusedFileError]], opened: Open, mapping: Mapping, *, require_price: bool
) -> ParsedFeed:
    """Read lists as one file, in their order. A car in two of them counts once, by the later one.

    Each is read twice: first alone, since a list can turn out to be damaged at its end, then with the others.

    Raises:
        RefusedFileError: none of them can be read, with the reason of the first; or the lists together break a limit.
    """
    found = _Lists()
    for name, unpacked in lists:
        try:
            if isinstance(unpacked, RefusedFileError):
                raise unpacked
            chunks, own = opened(unpacked)
            rows = parse_chunks(chunks, own, require_price=require_price).rows_read
        except RefusedFileError as error:
            found.errors.append(error)
            no_stock = error.code == "missing_columns" and _is_no_list(unpacked, opened)
            found.left_out.append(left_out_list(name, NO_STOCK if no_stock else error.detail))
        else:
            found.left_out += unpacked.left_out
            found.read.append((found.rows, chunks))
            found.rows += rows
    if not found.read:
        raise found.errors[0]
    parsed = parse_chunks(found.chunks, mapping, require_price=require_price)
    return replace(parsed, containers=("zip",), unread=worst_first((*parsed.unread, *found.left_out)))


def _is_no_list(unpacked: Unpacked | RefusedFileError, opened: Open) -> bool:
    """Tell whether a file has so few columns of the mapping that its cars are surely elsewhere: a readme, a log."""
    if isinstance(unpacked, RefusedFileError):
        return False
    chunks, mapping = opened(unpacked)
    try:
        raw = next(iter(chunks()), None)
    except RefusedFileError:  # not even one of the columns is there
        return True
    return raw is None or len(set(columns_of(raw.frame)) & set(mapping.source_columns())) < _FEWEST_COLUMNS
