"""A file of one sender into listings and rejects: the whole of reading, in one pure function."""

from dataclasses import replace
from typing import IO

import polars as pl

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.normalise.cars import ignore_price_problems, normalise
from pipelines.feeds.normalise.fields import FieldTable, map_columns
from pipelines.feeds.normalise.row_rules import apply_rules, latest_accepted_year
from pipelines.feeds.parsing.parse_chunked import parse_large
from pipelines.feeds.parsing.result import ParsedFeed
from pipelines.feeds.parsing.row_cache import KnownRecords, columns_of, record_digests
from pipelines.feeds.parsing.spill import Parts
from pipelines.feeds.readers.delimited.reader import read_delimited
from pipelines.feeds.readers.encoding import decode
from pipelines.feeds.readers.json_records import read_json
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, MEGABYTE, FeedLimits
from pipelines.feeds.readers.raw_table import RawTable
from pipelines.feeds.readers.unpack import unpack
from pipelines.feeds.readers.xml.reader import read_xml
from pipelines.feeds.reject_codes import reject_frame

_LARGE = 64 * MEGABYTE
"""Beyond this a file is read chunk by chunk; with the same result."""
__all__ = ["ParsedFeed", "parse_feed", "read_whole"]


def read_whole(data: bytes, mapping: Mapping) -> RawTable:
    """The cells of a file as text; further formats join here.

    Raises:
        RefusedFileError: the file as a whole cannot be read.
    """
    if mapping.format == "xml" and mapping.record is not None:
        return read_xml(data, mapping.record, mapping.source_columns())
    decoded = decode(data, mapping.code_page)
    if mapping.format == "json":
        return read_json(decoded, mapping.record, mapping.source_columns())
    return read_delimited(decoded, mapping)


def parse_feed(
    data: bytes | IO[bytes],
    mapping: Mapping,
    *,
    require_price_column: bool = True,
    limits: FeedLimits = DEFAULT_LIMITS,
    known: KnownRecords | None = None,
) -> ParsedFeed:
    """Read a file by a mapping, plain or packed. The same arguments give the same result in one
    year: which model years are accepted follows the calendar.

    The file is given as bytes or, so that it need not stand in memory, as an open file that can be sought. Of a large
    one the listings stand on disk, part by part.

    With `require_price_column=False` (cars to be priced) a file without prices is read, and a price that cannot be
    used is null rather than a reason to reject its row. Rows that `known` remembers are recognised instead of read,
    unless a rule that looks across rows might then judge otherwise.

    Raises:
        RefusedFileError: the file as a whole cannot be read; `code` is one of `refusals.REFUSALS`, and the sentence
            says what to send instead.
    """
    unpacked = unpack(data, limits)
    if unpacked.size > _LARGE:
        large = parse_large(unpacked.file, mapping, require_price=require_price_column, known=known)
        return replace(large, containers=unpacked.containers)
    raw = read_whole(unpacked.data, mapping)
    digests = None if known is None else record_digests(raw.frame)
    parsed = None
    if known is not None and digests is not None and not known.records.is_empty():
        parsed = _some_read(raw, mapping, known, digests)
    if parsed is None:
        parsed = _all_read(raw, mapping, require_price=require_price_column)
    rejects = pl.concat([parsed.rejects, reject_frame(raw.rejects)]).sort("row_number")
    rejects = rejects.with_columns(raw.offsets(rejects["row_number"]).alias("byte_offset"))
    return replace(
        parsed, rejects=rejects, containers=unpacked.containers, digests=digests, columns=columns_of(raw.frame)
    )


def _all_read(raw: RawTable, mapping: Mapping, *, require_price: bool = True) -> ParsedFeed:
    """Normalise and judge the rows of a raw table."""
    table: FieldTable = map_columns(raw, mapping, require_price=require_price)
    cars = normalise(table.frame, mapping)
    if not require_price:
        cars = ignore_price_problems(cars)
    latest = latest_accepted_year()
    listings, rejects = apply_rules(cars, table, split_title=mapping.split_title, latest_year=latest)
    return ParsedFeed(Parts.of(listings), rejects, raw.rows_read, raw.encoding, raw.delimiter, latest_year=latest)


def _some_read(raw: RawTable, mapping: Mapping, known: KnownRecords, digests: pl.DataFrame) -> ParsedFeed | None:
    """Without the rows that are known; None where a rule that looks across rows might judge otherwise."""
    new, recognised = known.split(raw.frame, digests)
    if recognised.is_empty():
        return None
    parsed = _all_read(replace(raw, frame=new), mapping)
    keys = pl.concat([parsed.rows.keys, recognised["source_key"]])
    if parsed.latest_year != known.latest_year or keys.n_unique() < keys.len():
        return None
    return replace(parsed, rows_read=raw.rows_read, recognised=recognised)
