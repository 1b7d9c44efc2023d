"""Read a file chunk by chunk, each on its own, and check the result against the file as a whole.

A file that fits in memory is a single chunk. Two things are known only at the end. The first is which columns an XML
file has: a chunk is read with those that are known until then, and where others come later, the file is read once
more with all of them, which is rare. The second is which keys come again: the last row of a key counts, and the cells
of earlier ones are read from the file again for their rejects, since they are not kept.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import polars as pl

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.normalise.fields import field_table, first_columns, refuse_missing_columns
from pipelines.feeds.normalise.row_rules import duplicate_rejects, latest_accepted_year
from pipelines.feeds.parsing.read_rows import RowReader
from pipelines.feeds.parsing.result import CacheUse, ParsedFeed
from pipelines.feeds.parsing.row_cache import RECOGNISED_SCHEMA, RowCache, columns_of
from pipelines.feeds.parsing.spill import SpilledFrames, compact
from pipelines.feeds.parsing.unread_counts import NOTES_SCHEMA, UnreadCounter, row_notes, unread_gone
from pipelines.feeds.readers.byte_offsets import Offsets, unknown_offsets
from pipelines.feeds.readers.chunks import ROWS, Chunks
from pipelines.feeds.readers.known_rows import KnownRows, digest_cells
from pipelines.feeds.readers.raw_table import RawTable
from pipelines.feeds.reject_codes import REJECT_SCHEMA
from pipelines.feeds.unread_columns import worst_first

_DEFER_BELOW = 10
"""A chunk of which less than one row in this many has to be read is read together with later ones."""


def parse_chunks(
    chunks: Chunks, mapping: Mapping, *, require_price: bool = True, cache: RowCache | None = None
) -> ParsedFeed:
    """Read all chunks of a file, with memory for one of them besides keys, rejects and recognised rows.

    Raises:
        RefusedFileError: the file as a whole cannot be read.
    """
    reader = RowReader(mapping, latest_accepted_year(), require_price)
    parse = ChunkedParse(reader, cache)
    parse.add_all(chunks)
    if not parse.is_consistent():
        parse = ChunkedParse(reader, None if cache is None else RowCache(), set(parse.columns))
        parse.add_all(chunks)

    def again(cache: RowCache) -> ParsedFeed:
        return parse_chunks(chunks, mapping, require_price=require_price, cache=cache)

    return parse.result(chunks, again)


@dataclass
class ChunkedParse:
    """One pass through a file."""

    reader: RowReader
    cache: RowCache | None = None
    columns: set[str] = field(default_factory=set)
    """The columns in which the file has any value, as far as is known."""
    rows_read: int = 0
    format: tuple[str, str | None] = ("", None)
    """Encoding and delimiter."""
    frames: SpilledFrames = field(default_factory=SpilledFrames)
    rejects: list[pl.DataFrame] = field(default_factory=lambda: [pl.DataFrame(schema=REJECT_SCHEMA)])
    known: list[KnownRows] = field(default_factory=list)
    unread: UnreadCounter = field(default_factory=UnreadCounter)
    notes: list[pl.DataFrame] = field(default_factory=lambda: [pl.DataFrame(schema=NOTES_SCHEMA)])
    """Of the rows that were normalised, for the next cache."""
    other_columns: dict[str, None] = field(default_factory=dict)
    """Those that the mapping does not read."""
    shown_columns: list[dict[str, str | None]] = field(default_factory=list)
    """Of each chunk with rejects: the columns by which fields were shown to people."""
    deferred: list[tuple[RawTable, pl.DataFrame]] = field(default_factory=list)
    """Rows of chunks that were nearly all recognised, and where they begin in the file."""

    def add_all(self, chunks: Chunks) -> None:
        """Read the whole file.

        Raises:
            RefusedFileError: `missing_columns`.
        """
        for raw in chunks(recognise=None if self.cache is None else self._recognise):
            self.add_chunk(raw)
        self._read_deferred()
        self._refuse_missing_columns()

    def add_chunk(self, raw: RawTable) -> None:
        """Read a chunk, or put its rows aside where only a few of them are not recognised."""
        self.rows_read += raw.rows_read
        self.format = raw.encoding, raw.delimiter
        self.other_columns |= dict.fromkeys(raw.other_columns)
        if self.reader.mapping.format == "xml":  # where every wanted path is a column
            self.columns.update(column.name for column in raw.frame if column.null_count() < column.len())
        else:
            self.columns.update(columns_of(raw.frame))
            self._refuse_missing_columns()  # before all of a large file is read
        if self.cache is not None:
            raw, known = self._without_known(raw)
            self.known.append(known)
            self.unread.add_recognised(known.recognised)
            if raw.frame.height < known.recognised.height // _DEFER_BELOW:
                self._defer(raw)
                return
        self._read_deferred()
        self._read(raw.frame, raw.rejects, raw.offsets)

    def _recognise(self, digests: pl.DataFrame, form: str) -> pl.DataFrame:
        cache = self.cache or RowCache()
        return cache.recognise(digests, form, self.reader.latest_year)

    def _without_known(self, raw: RawTable) -> tuple[RawTable, KnownRows]:
        """Leave rows out that are known; by their cells, where the reader did not recognise them by their text."""
        if raw.known is not None:
            return raw, raw.known
        digests, form = digest_cells(raw.frame), repr(columns_of(raw.frame))
        known = KnownRows(self._recognise(digests, form), digests, form)
        frame = raw.frame.join(known.recognised, on="row_number", how="anti", maintain_order="left")
        return replace(raw, frame=frame), known

    def _refuse_missing_columns(self) -> None:
        refuse_missing_columns(self.reader.mapping, self.columns, require_price=self.reader.require_price)

    def _defer(self, raw: RawTable) -> None:
        """Put rows aside until there are many: normalising a frame costs more than its rows do."""
        numbers = pl.concat([raw.frame["row_number"], raw.rejects["row_number"]]).sort()
        places = pl.DataFrame({"row_number": numbers, "byte_offset": raw.offsets(numbers)})
        # A few rows must not keep the text of their whole chunk in memory.
        few = replace(raw, frame=compact(raw.frame), rejects=compact(raw.rejects), offsets=unknown_offsets)
        self.deferred.append((few, places))
        if sum(raw.frame.height for raw, _ in self.deferred) >= ROWS:
            self._read_deferred()

    def _read_deferred(self) -> None:
        if not self.deferred:
            return
        frame, unreadable = (
            pl.concat(each) for each in zip(*((raw.frame, raw.rejects) for raw, _ in self.deferred), strict=True)
        )
        places = pl.concat([each for _, each in self.deferred])
        self.deferred = []

        def offsets(rows: pl.Series) -> pl.Series:
            wanted = pl.DataFrame({"row_number": rows})
            return wanted.join(places, on="row_number", how="left", maintain_order="left")["byte_offset"]

        self._read(frame, unreadable, offsets)

    def _read(self, frame: pl.DataFrame, unreadable: pl.DataFrame, offsets: Offsets) -> None:
        read = self.reader.read(_with_columns(frame, self.columns), unreadable)
        self.frames.add(read.listings)
        self.unread.add(read.notes)
        if self.cache is not None:
            self.notes.append(row_notes(read.notes))
        rejects = read.rejects
        if not rejects.is_empty():
            self.rejects.append(rejects.with_columns(offsets(rejects["row_number"]).alias("byte_offset")))
            self.shown_columns.append(first_columns(self.reader.mapping, self.columns))

    def is_consistent(self) -> bool:
        """Tell whether all chunks were read with the columns that the whole file has."""
        columns = first_columns(self.reader.mapping, self.columns)
        return all(shown == columns for shown in self.shown_columns)

    def result(self, chunks: Chunks, again: Callable[[RowCache], ParsedFeed]) -> ParsedFeed:
        """Drop all but the last row of each key, and return the file's listings and rejects.

        Raises:
            RefusedFileError: `mostly_gone`.
        """
        if not self.reader.mapping.mostly_gone:
            self.unread.refuse_mostly_gone(self.rows_read)
        recognised = pl.concat([pl.DataFrame(schema=RECOGNISED_SCHEMA), *(each.recognised for each in self.known)])
        earlier = self._earlier(recognised)
        duplicates: Iterable[pl.DataFrame] = ()
        if not earlier.is_empty():
            self.frames.drop(earlier["row_number"])
            recognised = recognised.filter(~pl.col("row_number").is_in(earlier["row_number"].implode()))
            duplicates = self._duplicates(chunks(), earlier)
        use = None if self.cache is None else self._use(self.cache, recognised, again)
        rejects = pl.concat([*self.rejects, *duplicates]).sort("row_number")
        names = first_columns(self.reader.mapping, self.columns)
        read = ParsedFeed(self.frames, rejects, self.rows_read, *self.format, cache_use=use)
        unread = worst_first((*self.unread.columns(names), *unread_gone(self.other_columns)))
        return replace(read, unread=unread, price_column=names.get("price"))

    def _use(self, cache: RowCache, recognised: pl.DataFrame, again: Callable[[RowCache], ParsedFeed]) -> CacheUse:
        forms = {each.form for each in self.known}
        form = forms.pop() if len(forms) == 1 else ""
        digests = pl.concat(each.digests for each in self.known)

        def read_again(numbers: pl.Series) -> ParsedFeed:
            """Read the file with all of the cache but these rows: a few are then read as fast as a few new ones."""
            return again(cache.without(digests.filter(pl.col("row_number").is_in(numbers.implode()))))

        return CacheUse(recognised, digests, form, self.reader.latest_year, pl.concat(self.notes), read_again)

    def _earlier(self, recognised: pl.DataFrame) -> pl.DataFrame:
        """Find the rows whose key comes again: `row_number` and `source_key`, in the file's order."""
        keys = self.frames.keys
        if self.frames.in_one_frame and recognised.is_empty():
            return keys.clear()
        keys = pl.concat([keys, recognised.select(keys.columns)])
        hashes = keys["source_key"].hash().sort()
        if not (hashes == hashes.shift(1)).any():
            return keys.clear()
        last = pl.col("row_number").max().over("source_key")
        earlier = keys.filter(pl.col("source_key").is_duplicated()).filter(pl.col("row_number") < last)
        return earlier.sort("row_number")

    def _duplicates(self, chunks: Iterable[RawTable], earlier: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Reject the rows whose key comes again, with the cells that they have in the file."""
        for raw in chunks:
            rows = earlier.join(raw.frame.select("row_number"), on="row_number", how="semi", maintain_order="left")
            if rows.is_empty():
                continue
            cells = raw.frame.join(rows.select("row_number"), on="row_number", how="semi", maintain_order="left")
            rejects = duplicate_rejects(rows, field_table(_with_columns(cells, self.columns), self.reader.mapping))
            yield rejects.with_columns(raw.offsets(rejects["row_number"]).alias("byte_offset"))


def _with_columns(frame: pl.DataFrame, columns: set[str]) -> pl.DataFrame:
    return frame.select(column for column in frame.columns if column == "row_number" or column in columns)
