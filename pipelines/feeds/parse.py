"""A file of one sender into listings and rejects: the whole of reading, in one pure function."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import polars as pl

from pipelines.feeds.archive import unpack
from pipelines.feeds.columns import FieldTable, map_columns
from pipelines.feeds.delimited import read_delimited
from pipelines.feeds.encoding import decode
from pipelines.feeds.json import read_json
from pipelines.feeds.known import RECOGNISED_SCHEMA, KnownRecords, columns_of, record_digests
from pipelines.feeds.limits import DEFAULT_LIMITS, FeedLimits
from pipelines.feeds.mapping import Mapping
from pipelines.feeds.normalise.cars import normalise
from pipelines.feeds.raw import RawTable
from pipelines.feeds.rejects import reject_frame
from pipelines.feeds.rules import apply_rules, latest_year
from pipelines.feeds.xml import read_xml


@dataclass(frozen=True)
class ParsedFeed:
    """What a file says. Every record is a listing, a reject, or recognised from an earlier file:
    `rows_read == accepted + rejects.height`."""

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
    recognised: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RECOGNISED_SCHEMA))
    """Rows that need not be read: `row_number` and what `known` remembers of them. They are not in `listings`."""
    digests: pl.DataFrame | None = None
    """`row_number`, `d1`, `d2` of every record, where `known` was given."""
    columns: tuple[str, ...] = ()
    latest_year: int | None = None
    """The model year up to which rows were accepted."""

    @property
    def accepted(self) -> int:
        """How many cars the file describes, read now or recognised."""
        return self.listings.height + self.recognised.height

    @property
    def keys(self) -> pl.Series:
        """The source key of every car that the file describes, the recognised ones last."""
        return pl.concat([self.listings["source_key"], self.recognised["source_key"]])

    def parts(self) -> Iterator[pl.DataFrame]:
        """The listings in the file's order, a frame that fits in memory at a time; at least one, maybe empty."""
        yield self.listings


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


def _forgive_prices(cars: pl.DataFrame) -> pl.DataFrame:
    return cars.with_columns(pl.lit(None, pl.String).alias("price_problem"))


def parse_feed(
    data: bytes,
    mapping: Mapping,
    *,
    require_price_column: bool = True,
    limits: FeedLimits = DEFAULT_LIMITS,
    known: KnownRecords | None = None,
) -> ParsedFeed:
    """Read a file by a mapping, plain or packed. Pure: the same arguments give the same result.

    With `require_price_column=False` (cars to be priced) a file without prices is read, and a price that cannot be
    used is null rather than a reason to reject its row. Rows that `known` remembers are recognised instead of read,
    unless a rule that looks across rows might then judge otherwise.

    Raises:
        RefusedFileError: the file as a whole cannot be read; `code` is one of `refusals.REFUSALS`, and the sentence
            says what to send instead.
    """
    unpacked = unpack(data, limits)
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


def _all_read(
    raw: RawTable, mapping: Mapping, *, require_price: bool = True, recognised: pl.DataFrame | None = None
) -> ParsedFeed:
    """The rows of a raw table; the newest date may also stand in a recognised row."""
    table: FieldTable = map_columns(raw, mapping, require_price=require_price)
    cars = normalise(table.frame, mapping)
    if not require_price:
        cars = _forgive_prices(cars)
    years = cars["listed_on"].dt.year().cast(pl.Int32)
    latest = latest_year(years if recognised is None else pl.concat([years, recognised["listed_year"]]))
    listings, rejects = apply_rules(cars, table, split_title=mapping.split_title, latest_year=latest)
    return ParsedFeed(listings, rejects, raw.rows_read, raw.encoding, raw.delimiter, latest_year=latest)


def _some_read(raw: RawTable, mapping: Mapping, known: KnownRecords, digests: pl.DataFrame) -> ParsedFeed | None:
    """Without the rows that are known; None where a rule that looks across rows might judge otherwise."""
    new, recognised = known.split(raw.frame, digests)
    if recognised.is_empty():
        return None
    parsed = _all_read(replace(raw, frame=new), mapping, recognised=recognised)
    keys = pl.concat([parsed.listings["source_key"], recognised["source_key"]])
    if parsed.latest_year != known.latest_year or keys.n_unique() < keys.len():
        return None
    return replace(parsed, rows_read=raw.rows_read, recognised=recognised)
