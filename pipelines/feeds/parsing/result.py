"""The result of reading a file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import polars as pl

from pipelines.feeds.parsing.row_cache import RECOGNISED_SCHEMA
from pipelines.feeds.parsing.spill import SpilledFrames
from pipelines.feeds.readers.unpack import Unpacked
from pipelines.feeds.reject_codes import has_lost_keys
from pipelines.feeds.unread_columns import UnreadColumn, worst_first


@dataclass(frozen=True)
class CacheUse:
    """The use of the row cache by a reading: the rows found there, and those that the next cache is made of."""

    recognised: pl.DataFrame
    """RECOGNISED_SCHEMA: rows that were not normalised, because the cache knows the outcome of their cells."""
    record_digests: pl.DataFrame
    """`row_number`, `d1`, `d2` of every record of the file."""
    form: str
    """The form of the file, by which the same text would mean something else; empty where its parts differ."""
    latest_year: int
    """The newest model year that was accepted."""
    notes: pl.DataFrame
    """NOTES_SCHEMA of the rows that were normalised."""
    read_again: Callable[[pl.Series], "ParsedFeed"]
    """Reads the file again, the recognised rows of these numbers too."""


@dataclass(frozen=True)
class ParsedFeed:
    """The listings and rejects of a file: `rows_read == accepted + rejects.height`.

    With a row cache (`parse_cached`) the rows that it recognised count as accepted, but are not in memory: `frames`
    reads the file again where one of them is asked for.
    """

    read: SpilledFrames
    """The listings that this reading normalised: all of them, but for those that a cache recognised."""
    rejects: pl.DataFrame
    """REJECT_SCHEMA, in the file's order."""
    rows_read: int
    encoding: str
    delimiter: str | None
    """None for XML and JSON."""
    containers: tuple[str, ...] = ()
    """The containers that the file was packed in, outermost first ("zip", "gz")."""
    unread: tuple[UnreadColumn, ...] = ()
    """The columns of which cells were not understood, in rows that could be split into cells; sheets left out."""
    price_column: str | None = None
    """The sender's name of the column of prices."""
    cache_use: CacheUse | None = None

    def of_file(self, unpacked: Unpacked) -> "ParsedFeed":
        """Add how the list lay in its file."""
        unread = worst_first((*self.unread, *unpacked.left_out))
        rejects = self.rejects
        if unpacked.is_workbook:  # its rows begin at no byte of the file that was sent
            rejects = rejects.with_columns(byte_offset=pl.lit(None, pl.Int64))
        return replace(self, rejects=rejects, containers=unpacked.containers, unread=unread)

    @property
    def may_lack_cars(self) -> bool:
        """Whether any car that is not among the listings may be in a row without a key, or in a sheet left out."""
        return has_lost_keys(self.rejects) or any(each.is_like_stock for each in self.unread)

    @property
    def recognised(self) -> pl.DataFrame:
        """Return the rows that a cache recognised (RECOGNISED_SCHEMA)."""
        return pl.DataFrame(schema=RECOGNISED_SCHEMA) if self.cache_use is None else self.cache_use.recognised

    @property
    def accepted(self) -> int:
        """Count the cars that the file describes."""
        return self.read.height + self.recognised.height

    @property
    def keys(self) -> pl.Series:
        """Return the source key of every car that the file describes, the recognised ones last."""
        return pl.concat([self.read.keys["source_key"], self.recognised["source_key"]])

    def frames(self, wanted: pl.Series | None = None) -> Iterator[pl.DataFrame]:
        """Read the listings in the file's order, a frame that fits in memory at a time; at least one, maybe empty.

        Args:
            wanted: numbers of the rows that are needed. Other rows may be left out; None asks for all rows.
        """
        numbers = self.recognised["row_number"]
        if wanted is not None:
            numbers = numbers.filter(numbers.is_in(wanted.implode()))
        if self.cache_use is None or numbers.is_empty():
            yield from self.read.frames()
        else:
            yield from self.cache_use.read_again(numbers).read.frames()

    @property
    def listings(self) -> pl.DataFrame:
        """Return all listings as one frame, for files that are known to be small: LISTING_SCHEMA and `row_number`."""
        return pl.concat(self.frames())
