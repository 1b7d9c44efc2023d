"""Read a file of one sender into listings and rejects, in one pure function."""

from collections.abc import Iterator
from functools import partial
from typing import IO

from core.errors import RefusedFileError
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.parsing.parse_chunked import parse_chunks
from pipelines.feeds.parsing.result import ParsedFeed
from pipelines.feeds.parsing.row_cache import RowCache
from pipelines.feeds.parsing.several_lists import parse_several
from pipelines.feeds.readers.chunks import Chunks, read_chunks
from pipelines.feeds.readers.delimited.reader import read_delimited
from pipelines.feeds.readers.encoding import decode
from pipelines.feeds.readers.json_records import read_json
from pipelines.feeds.readers.known_rows import Recognise
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, MEGABYTE, FeedLimits
from pipelines.feeds.readers.raw_table import RawTable
from pipelines.feeds.readers.unpack import SEVERAL, Unpacked, unpack, unpack_several
from pipelines.feeds.readers.xml.reader import read_xml
from pipelines.feeds.refusal_codes import refusal

__all__ = ["ParsedFeed", "open_list", "parse_cached", "parse_feed", "read_whole"]

_LARGE = 64 * MEGABYTE
"""A larger file is read in chunks; with the same result."""


def open_list(data: bytes | IO[bytes], mapping: Mapping, limits: FeedLimits) -> tuple[Unpacked, Mapping]:
    """Unpack a file, and return it with the mapping as it applies: the list of a workbook is separated by tabs.

    Raises:
        RefusedFileError: the file cannot be unpacked, or is a workbook where the mapping is for XML or JSON.
    """
    unpacked = unpack(data, limits, names=mapping.source_columns())
    return unpacked, _as_it_applies(unpacked, mapping)


def _as_it_applies(unpacked: Unpacked, mapping: Mapping) -> Mapping:
    if not unpacked.is_workbook:
        return mapping
    if mapping.format != "delimited":
        raise refusal("spreadsheet_file")
    return mapping.model_copy(update={"delimiter": "\t", "code_page": None})


def read_whole(data: bytes, mapping: Mapping, recognise: Recognise | None = None) -> RawTable:
    """Read the cells of a file as text, but for rows of a delimited one that are recognised.

    Raises:
        RefusedFileError: the file as a whole cannot be read.
    """
    if mapping.format == "xml" and mapping.record is not None:
        return read_xml(data, mapping.record, mapping.source_columns())
    decoded = decode(data, mapping.code_page)
    if mapping.format == "json":
        return read_json(decoded, mapping.record, mapping.source_columns())
    return read_delimited(decoded, mapping, recognise)


def parse_feed(
    data: bytes | IO[bytes],
    mapping: Mapping,
    *,
    require_price_column: bool = True,
    limits: FeedLimits = DEFAULT_LIMITS,
) -> ParsedFeed:
    """Read a file by a mapping, plain or packed.

    The same arguments give the same result in one year: which model years are accepted follows the calendar.

    The file is given as bytes or, so that it need not be held in memory, as an open file that can be sought. The
    listings of a large one are kept on disk, frame by frame.

    With `require_price_column=False` (cars to be priced) a file without prices is read, and a price that cannot be
    used is null rather than a reason to reject its row.

    Raises:
        RefusedFileError: the file as a whole cannot be read; `code` is one of `refusal_codes.REFUSALS`, and the
            sentence says what to send instead.
    """
    return _parsed(data, mapping, limits, require_price=require_price_column)


def parse_cached(
    data: bytes | IO[bytes], mapping: Mapping, cache: RowCache, limits: FeedLimits = DEFAULT_LIMITS
) -> ParsedFeed:
    """Read a file as `parse_feed` does, but normalise only the rows whose cells the cache does not know.

    Listings, rejects and counts are the same. An open file must stay open as long as the result is used.

    Raises:
        RefusedFileError: as `parse_feed`.
    """
    return _parsed(data, mapping, limits, cache=cache)


def _parsed(
    data: bytes | IO[bytes],
    mapping: Mapping,
    limits: FeedLimits,
    *,
    require_price: bool = True,
    cache: RowCache | None = None,
) -> ParsedFeed:
    """Read the one list of a file, or the several of a zip: these without a cache, whose rows have the same columns."""
    try:
        unpacked, as_sent = open_list(data, mapping, limits)
    except RefusedFileError as error:
        if error.code != SEVERAL:
            raise
        return _several(data, mapping, limits, require_price=require_price)
    chunks = _chunks_of(unpacked, as_sent)
    return parse_chunks(chunks, as_sent, require_price=require_price, cache=cache).of_file(unpacked)


def _several(data: bytes | IO[bytes], mapping: Mapping, limits: FeedLimits, *, require_price: bool) -> ParsedFeed:
    def opened(unpacked: Unpacked) -> tuple[Chunks, Mapping]:
        own = _as_it_applies(unpacked, mapping)
        return _chunks_of(unpacked, own), own

    lists = unpack_several(data, limits, names=mapping.source_columns())
    return parse_several(lists, opened, mapping, require_price=require_price)


def _chunks_of(unpacked: Unpacked, mapping: Mapping) -> Chunks:
    if unpacked.size > _LARGE:
        return partial(read_chunks, unpacked.file, mapping)
    return partial(_one_chunk, unpacked, mapping)


def _one_chunk(unpacked: Unpacked, mapping: Mapping, *, recognise: Recognise | None = None) -> Iterator[RawTable]:
    yield read_whole(unpacked.data, mapping, recognise)
