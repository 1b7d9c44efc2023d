"""Files that are too large to stand in memory: read chunk by chunk, each on its own, then judged as a whole.

Two things are known only at the end: which columns the file has, and which keys come again.
A chunk is read by what is known until then. Where the end says otherwise, the file is read once more with that
knowledge; that is rare. Superseded rows are looked up in the file again, since nobody keeps their cells.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import IO

import polars as pl

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.normalise.cars import ignore_price_problems, normalise
from pipelines.feeds.normalise.fields import field_table, first_columns, refuse_missing_columns
from pipelines.feeds.normalise.row_rules import apply_rules, duplicate_rejects, latest_accepted_year
from pipelines.feeds.parsing.result import ParsedFeed
from pipelines.feeds.parsing.row_cache import RECOGNISED_SCHEMA, KnownRecords, columns_of, record_digests
from pipelines.feeds.parsing.spill import Parts, alone
from pipelines.feeds.readers.byte_offsets import Offsets, unknown_offsets
from pipelines.feeds.readers.delimited.chunks import delimited_chunks
from pipelines.feeds.readers.encoding import decode
from pipelines.feeds.readers.json_records import read_json
from pipelines.feeds.readers.raw_table import RawTable
from pipelines.feeds.readers.xml.reader import xml_chunks
from pipelines.feeds.reject_codes import REJECT_SCHEMA, reject_frame

ROWS = 40_000
CHARACTERS = 16_000_000
_FEW = 10
"""Where less than this part of a chunk has to be read, it waits for more."""


def chunks(file: IO[bytes], mapping: Mapping, rows: int = ROWS, characters: int = CHARACTERS) -> Iterator[RawTable]:
    """The cells of a file, some rows at a time. JSON is read whole first.

    Raises:
        RefusedFileError: the file as a whole cannot be read.
    """
    if mapping.format == "xml" and mapping.record is not None:
        for raw, _ in xml_chunks(file, mapping.record, mapping.source_columns(), rows):
            yield raw
    elif mapping.format == "json":
        file.seek(0)
        raw = read_json(decode(file.read(), mapping.code_page), mapping.record, mapping.source_columns())
        for start in range(0, raw.rows_read, rows):
            here = pl.col("row_number").is_between(start + 1, start + rows)
            yield replace(raw, frame=raw.frame.filter(here), rejects=raw.rejects.filter(here))
    else:
        yield from delimited_chunks(file, mapping, characters)


@dataclass
class _Judged:
    """By what a chunk was judged, to be compared with what is known at the end."""

    shown: dict[str, str | None]
    latest_year: int
    model_years: set[int]


@dataclass
class _Reading:
    """One way through the file; `have` and `latest` are what an earlier one found."""

    mapping: Mapping
    require_price: bool
    known: KnownRecords | None
    have: set[str] = field(default_factory=set)
    latest: int | None = None
    rows_read: int = 0
    facts: tuple[str, str | None] = ("", None)
    parts: Parts = field(default_factory=Parts)
    rejects: list[pl.DataFrame] = field(default_factory=list)
    digests: list[pl.DataFrame] = field(default_factory=list)
    recognised: list[pl.DataFrame] = field(default_factory=list)
    judged: list[_Judged] = field(default_factory=list)
    waiting: list[tuple[RawTable, pl.DataFrame]] = field(default_factory=list)
    """Rows of chunks that were nearly all recognised, and where they begin in the file."""

    def take(self, raw: RawTable) -> None:
        """Read a chunk."""
        self.rows_read += raw.rows_read
        self.facts = raw.encoding, raw.delimiter
        frame = raw.frame
        if self.mapping.format == "xml":  # where every wanted path is a column
            self.have.update(column.name for column in frame if column.null_count() < column.len())
        else:
            self.have.update(columns_of(frame))
            refuse_missing_columns(self.mapping, self.have, require_price=self.require_price)
        if self.known is not None:
            digests = record_digests(frame)
            self.digests.append(digests)
            frame, recognised = self.known.split(frame, digests)
            self.recognised.append(recognised)
            if frame.height < recognised.height // _FEW:
                self._put_off(replace(raw, frame=frame))
                return
        self.finish()
        self._read_and_reject(frame, raw.rejects, raw.offsets)

    def _put_off(self, raw: RawTable) -> None:
        """Let the few rows that are not recognised wait for those of other chunks: a frame costs more than its rows."""
        numbers = pl.concat([raw.frame["row_number"], raw.rejects["row_number"]]).sort()
        places = pl.DataFrame({"row_number": numbers, "byte_offset": raw.offsets(numbers)})
        # A few rows must not keep the text of their whole chunk in memory.
        few = replace(raw, frame=alone(raw.frame), rejects=alone(raw.rejects), offsets=unknown_offsets)
        self.waiting.append((few, places))
        if sum(raw.frame.height for raw, _ in self.waiting) >= ROWS:
            self.finish()

    def finish(self) -> None:
        """Read the rows that wait."""
        if not self.waiting:
            return
        frame, lost = (
            pl.concat(each) for each in zip(*((raw.frame, raw.rejects) for raw, _ in self.waiting), strict=True)
        )
        places = pl.concat([each for _, each in self.waiting])
        self.waiting = []

        def offsets(rows: pl.Series) -> pl.Series:
            wanted = pl.DataFrame({"row_number": rows})
            return wanted.join(places, on="row_number", how="left", maintain_order="left")["byte_offset"]

        self._read_and_reject(frame, lost, offsets)

    def _read_and_reject(self, frame: pl.DataFrame, lost: pl.DataFrame, offsets: Offsets) -> None:
        rejects = pl.concat([self._read(frame), reject_frame(lost)]).sort("row_number")
        if not rejects.is_empty():
            self.rejects.append(rejects.with_columns(offsets(rejects["row_number"]).alias("byte_offset")))

    def latest_year(self) -> int:
        """The model year up to which rows are accepted; it may change while a file is read at New Year."""
        return latest_accepted_year()

    def _read(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rejects of the rows; the others are put aside."""
        columns = [column for column in frame.columns if column == "row_number" or column in self.have]
        table = field_table(frame.select(columns), self.mapping)
        cars = normalise(table.frame, self.mapping)
        if not self.require_price:
            cars = ignore_price_problems(cars)
        latest = self.latest or self.latest_year()
        listings, rejects = apply_rules(cars, table, split_title=self.mapping.split_title, latest_year=latest)
        self.parts.add(listings)
        years = set(cars["model_year"].drop_nulls().unique().to_list())
        shown = first_columns(self.mapping, self.have) if not rejects.is_empty() else {}
        self.judged.append(_Judged(shown, latest, years))
        return rejects

    def holds(self) -> bool:
        """Whether the end of the file agrees with how its chunks were judged."""
        shown, latest = first_columns(self.mapping, self.have), self.latest_year()
        for chunk in self.judged:
            low, high = sorted((chunk.latest_year, latest))
            if (chunk.shown and chunk.shown != shown) or any(low < year <= high for year in chunk.model_years):
                return False
        recognised = pl.concat([each["source_key"] for each in self.recognised]) if self.recognised else None
        if self.known is None or recognised is None or recognised.is_empty():
            return True
        keys = pl.concat([self.parts.keys, recognised])
        return latest == self.known.latest_year and keys.n_unique() == keys.len()


def parse_large(
    file: IO[bytes],
    mapping: Mapping,
    *,
    require_price: bool = True,
    known: KnownRecords | None = None,
    rows: int = ROWS,
    characters: int = CHARACTERS,
) -> ParsedFeed:
    """What `parse_feed` says, with memory for one chunk besides keys, rejects and what is recognised.

    Raises:
        RefusedFileError: the file as a whole cannot be read.
    """
    reading = _Reading(mapping, require_price, known)
    for raw in chunks(file, mapping, rows, characters):
        reading.take(raw)
    reading.finish()
    refuse_missing_columns(mapping, reading.have, require_price=require_price)
    if not reading.holds():
        again = None if known is None else KnownRecords()
        reading = _Reading(mapping, require_price, again, set(reading.have), reading.latest_year())
        for raw in chunks(file, mapping, rows, characters):
            reading.take(raw)
        reading.finish()
    earlier = reading.parts.drop_earlier()
    if not earlier.is_empty():
        reading.rejects += _superseded(chunks(file, mapping, rows, characters), mapping, reading.have, earlier)
    empty = pl.DataFrame(schema=REJECT_SCHEMA)
    return ParsedFeed(
        reading.parts,
        pl.concat([empty, *reading.rejects]).sort("row_number"),
        reading.rows_read,
        *reading.facts,
        recognised=pl.concat([pl.DataFrame(schema=RECOGNISED_SCHEMA), *reading.recognised]),
        digests=pl.concat(reading.digests) if known is not None else None,
        columns=tuple(sorted(reading.have if mapping.format != "xml" else mapping.source_columns())),
        latest_year=reading.latest_year(),
    )


def _superseded(
    chunks: Iterator[RawTable], mapping: Mapping, have: set[str], earlier: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    """Rejects of rows whose key comes again in a later chunk."""
    for raw in chunks:
        rows = earlier.join(raw.frame.select("row_number"), on="row_number", how="semi", maintain_order="left")
        if rows.is_empty():
            continue
        cells = raw.frame.join(rows.select("row_number"), on="row_number", how="semi", maintain_order="left")
        columns = [column for column in cells.columns if column == "row_number" or column in have]
        rejects = duplicate_rejects(rows, field_table(cells.select(columns), mapping))
        yield rejects.with_columns(raw.offsets(rejects["row_number"]).alias("byte_offset"))
