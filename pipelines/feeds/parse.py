"""A file of one sender into listings and rejects: the whole of reading, in one pure function."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pipelines.feeds.archive import unpack
from pipelines.feeds.columns import FieldTable, map_columns
from pipelines.feeds.delimited import read_delimited
from pipelines.feeds.encoding import decode
from pipelines.feeds.json import read_json
from pipelines.feeds.limits import DEFAULT_LIMITS, FeedLimits
from pipelines.feeds.mapping import Mapping
from pipelines.feeds.normalise.cars import normalise
from pipelines.feeds.raw import RawTable
from pipelines.feeds.rejects import reject_frame
from pipelines.feeds.rules import apply_rules
from pipelines.feeds.xml import read_xml


@dataclass(frozen=True)
class ParsedFeed:
    """What a file says. Every record is a listing or a reject: `rows_read == listings.height + rejects.height`."""

    listings: pl.DataFrame
    """LISTING_SCHEMA and `row_number` (Int32; 1 is the first record after the header), in the file's order."""
    rejects: pl.DataFrame
    """REJECT_SCHEMA, in the file's order."""
    rows_read: int
    encoding: str
    delimiter: str | None
    """None for XML and JSON."""
    containers: tuple[str, ...] = ()
    """What the file was packed in, outermost first ("zip", "gz")."""

    @property
    def accepted(self) -> int:
        """How many listings there are."""
        return self.listings.height

    @property
    def keys(self) -> pl.Series:
        """The source key of every listing, in the file's order."""
        return self.listings["source_key"]

    def parts(self) -> Iterator[pl.DataFrame]:
        """The listings in the file's order, a frame that fits in memory at a time; at least one, maybe empty."""
        yield self.listings


def _read(data: bytes, mapping: Mapping) -> RawTable:
    """Further formats join here: each is bytes in, a RawTable out."""
    if mapping.format == "xml" and mapping.record is not None:
        return read_xml(data, mapping.record, mapping.source_columns())
    decoded = decode(data, mapping.code_page)
    if mapping.format == "json":
        return read_json(decoded, mapping.record, mapping.source_columns())
    return read_delimited(decoded, mapping)


def _forgive_prices(cars: pl.DataFrame) -> pl.DataFrame:
    return cars.with_columns(pl.lit(None, pl.String).alias("price_problem"))


def parse_feed(
    data: bytes, mapping: Mapping, *, require_price_column: bool = True, limits: FeedLimits = DEFAULT_LIMITS
) -> ParsedFeed:
    """Read a file by a mapping, plain or packed. Pure: the same arguments give the same result.

    With `require_price_column=False` (cars to be priced) a file without prices is read, and a price that cannot be
    used is null rather than a reason to reject its row.

    Raises:
        RefusedFileError: the file as a whole cannot be read; `code` is one of `refusals.REFUSALS`, and the sentence
            says what to send instead.
    """
    unpacked = unpack(data, limits)
    raw = _read(unpacked.data, mapping)
    table: FieldTable = map_columns(raw, mapping, require_price=require_price_column)
    cars = normalise(table.frame, mapping)
    if not require_price_column:
        cars = _forgive_prices(cars)
    listings, rejects = apply_rules(cars, table, split_title=mapping.split_title)
    rejects = pl.concat([rejects, reject_frame(raw.rejects)]).sort("row_number")
    rejects = rejects.with_columns(raw.offsets(rejects["row_number"]).alias("byte_offset"))
    return ParsedFeed(listings, rejects, raw.rows_read, raw.encoding, raw.delimiter, unpacked.containers)
