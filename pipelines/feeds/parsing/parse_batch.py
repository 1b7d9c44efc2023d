"""Many small files of one mapping, read as one frame: what a file costs, whatever its size, is paid once.

A stock list of 200 cars is read in as much time as one of 2,000, since some hundred questions are asked of each
frame. Files come out as if each had been read alone; only the rule that looks across rows knows that there are
several.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import polars as pl

from core.errors import RefusedFileError
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.normalise.cars import normalise
from pipelines.feeds.normalise.fields import map_columns
from pipelines.feeds.normalise.row_rules import apply_rules, latest_accepted_year
from pipelines.feeds.parsing.parse import ParsedFeed, read_whole
from pipelines.feeds.parsing.row_cache import columns_of
from pipelines.feeds.parsing.spill import Parts
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, FeedLimits
from pipelines.feeds.readers.raw_table import RawTable
from pipelines.feeds.readers.unpack import unpack
from pipelines.feeds.reject_codes import reject_frame

_Read = tuple[int, RawTable, tuple[str, ...]]
"""Place of a file, its cells, and what it was packed in."""


def parse_many(
    files: Sequence[bytes], mapping: Mapping, limits: FeedLimits = DEFAULT_LIMITS
) -> list[ParsedFeed | RefusedFileError]:
    """What `parse_feed` says of each file, in their order; a file that is refused does not touch the others."""
    parsed: dict[int, ParsedFeed | RefusedFileError] = {}
    read: list[_Read] = []
    for place, data in enumerate(files):
        try:
            unpacked = unpack(data, limits)
            read.append((place, read_whole(unpacked.data, mapping), unpacked.containers))
        except RefusedFileError as error:
            parsed[place] = error
    read.sort(key=lambda each: columns_of(each[1].frame))
    for _, alike in groupby(read, key=lambda each: columns_of(each[1].frame)):
        some = list(alike)
        try:
            parsed.update(_together(some, mapping))
        except RefusedFileError as error:  # columns that all of them lack
            parsed.update((place, error) for place, _, _ in some)
    return [parsed[place] for place in range(len(files))]


def _together(read: list[_Read], mapping: Mapping) -> Iterator[tuple[int, ParsedFeed]]:
    """Files with the same columns; their rows are told apart by numbers that go on from file to file."""
    starts, end = [], 0
    for _, raw, _ in read:
        starts.append(end)
        end += raw.rows_read
    first = read[0][1]
    frame, lost = (
        pl.concat([_numbered(table, start) for table, start in zip(tables, starts, strict=True)])
        for tables in ([raw.frame for _, raw, _ in read], [raw.rejects for _, raw, _ in read])
    )
    table = map_columns(replace(first, frame=frame, rejects=lost), mapping)
    cars = normalise(table.frame, mapping).with_columns(_file_of(starts))
    listings, rejects = apply_rules(cars, table, split_title=mapping.split_title, latest_year=latest_accepted_year())
    rejects = pl.concat([rejects, reject_frame(lost)]).sort("row_number").with_columns(_file_of(starts))
    own_listings, own_rejects = (_by_file(each, starts) for each in (listings, rejects))
    nobody = listings.clear().drop("file"), rejects.clear().drop("file")
    for at, (place, raw, containers) in enumerate(read):
        refused = own_rejects.get(at, nobody[1])
        if refused.height:
            refused = refused.with_columns(raw.offsets(refused["row_number"]).alias("byte_offset"))
        cars_of = own_listings.get(at, nobody[0])
        yield place, ParsedFeed(Parts.of(cars_of), refused, raw.rows_read, raw.encoding, raw.delimiter, containers)


def _numbered(rows: pl.DataFrame, start: int) -> pl.DataFrame:
    return rows.select(pl.exclude("row_number"), pl.col("row_number") + start)


def _file_of(starts: list[int]) -> pl.Expr:
    """Which file a row is of, by its number; row numbers begin with 1."""
    begins = pl.Series(starts, dtype=pl.Int32)
    place = pl.lit(begins).search_sorted(pl.col("row_number") - 1, side="right")
    return (place.cast(pl.Int32) - 1).alias("file")


def _by_file(rows: pl.DataFrame, starts: list[int]) -> dict[int, pl.DataFrame]:
    """The rows of each file that has any, numbered within it."""
    begins = pl.col("file").replace_strict(list(range(len(starts))), starts, return_dtype=pl.Int32)
    numbered = rows.with_columns(pl.col("row_number") - begins)
    return {int(key[0]): part for key, part in numbered.partition_by("file", as_dict=True, include_key=False).items()}
