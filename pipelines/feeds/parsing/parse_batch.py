"""Read many small files of one mapping as one frame, so that the cost of a frame is paid once.

A stock list of 200 cars is read in as much time as one of 2,000, since a reading works on each frame some hundred
times. The result for each file is that of `parse_feed`; only the rule about repeated keys knows that there are several.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

import polars as pl

from core.errors import RefusedFileError
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.normalise.fields import first_columns, refuse_missing_columns
from pipelines.feeds.normalise.row_rules import latest_accepted_year
from pipelines.feeds.normalise.unread_cells import CellNotes
from pipelines.feeds.parsing.parse import ParsedFeed, open_list, parse_feed, read_whole
from pipelines.feeds.parsing.read_rows import RowReader
from pipelines.feeds.parsing.row_cache import columns_of
from pipelines.feeds.parsing.spill import SpilledFrames
from pipelines.feeds.parsing.unread_counts import UnreadCounter, filled_counts_by_file, unread_gone
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, FeedLimits
from pipelines.feeds.readers.raw_table import RawTable
from pipelines.feeds.readers.unpack import SEVERAL, Unpacked
from pipelines.feeds.unread_columns import worst_first

_Read = tuple[int, RawTable, Unpacked]
"""Position of a file in the batch, its cells, and the list as it lay in the file."""


def parse_batch(
    files: Sequence[bytes], mapping: Mapping, limits: FeedLimits = DEFAULT_LIMITS
) -> list[ParsedFeed | RefusedFileError]:
    """Read each file as `parse_feed` does; the result of a file that is refused is the error."""
    parsed: dict[int, ParsedFeed | RefusedFileError] = {}
    read: list[_Read] = []
    for place, data in enumerate(files):
        try:
            unpacked, as_sent = open_list(data, mapping, limits)
            read.append((place, read_whole(unpacked.data, as_sent), unpacked))
        except RefusedFileError as error:
            parsed[place] = _several(data, mapping, limits) if error.code == SEVERAL else error
    reader = RowReader(mapping, latest_accepted_year())
    read.sort(key=lambda each: columns_of(each[1].frame))
    for columns, alike in groupby(read, key=lambda each: columns_of(each[1].frame)):
        group = list(alike)
        try:
            refuse_missing_columns(mapping, set(columns), require_price=True)
        except RefusedFileError as error:
            parsed.update((place, error) for place, _, _ in group)
        else:
            parsed.update(_parse_alike(group, reader))
    return [parsed[place] for place in range(len(files))]


def _several(data: bytes, mapping: Mapping, limits: FeedLimits) -> ParsedFeed | RefusedFileError:
    try:
        return parse_feed(data, mapping, limits=limits)
    except RefusedFileError as error:
        return error


def _parse_alike(read: list[_Read], reader: RowReader) -> Iterator[tuple[int, ParsedFeed | RefusedFileError]]:
    """Read files with the same columns as one frame: row numbers go on from file to file, and are split again."""
    starts, end = [], 0
    for _, raw, _ in read:
        starts.append(end)
        end += raw.rows_read
    frame, unreadable = (
        pl.concat([_numbered(table, start) for table, start in zip(tables, starts, strict=True)])
        for tables in ([raw.frame for _, raw, _ in read], [raw.rejects for _, raw, _ in read])
    )
    found = reader.read(frame, unreadable, _file_of(starts))
    rejects = found.rejects.with_columns(_file_of(starts))
    listings_of, rejects_of = (_by_file(each, starts) for each in (found.listings, rejects))
    no_listings, no_rejects = found.listings.clear().drop("file"), rejects.clear().drop("file")
    unread = _unread_by_file(found.notes, starts)
    names = first_columns(reader.mapping, set(frame.columns))
    for at, (place, raw, unpacked) in enumerate(read):
        try:
            if not reader.mapping.mostly_gone:
                unread[at].refuse_mostly_gone(raw.rows_read)
        except RefusedFileError as error:
            yield place, error
            continue
        own = rejects_of.get(at, no_rejects)
        if own.height:
            own = own.with_columns(raw.offsets(own["row_number"]).alias("byte_offset"))
        frames = SpilledFrames.of(listings_of.get(at, no_listings))
        told = worst_first((*unread[at].columns(names), *unread_gone(raw.other_columns)))
        form = (raw.rows_read, raw.encoding, raw.delimiter, (), told, names.get("price"))
        yield place, ParsedFeed(frames, own, *form).of_file(unpacked)


def _unread_by_file(notes: CellNotes, starts: list[int]) -> list[UnreadCounter]:
    counters = [UnreadCounter() for _ in starts]
    for at, filled in filled_counts_by_file(notes.filled.with_columns(_file_of(starts))).items():
        counters[at].add_filled(filled)
    for at, words in _by_file(notes.unread.with_columns(_file_of(starts)), starts).items():
        counters[at].add_words(words)
    return counters


def _numbered(rows: pl.DataFrame, start: int) -> pl.DataFrame:
    return rows.select(pl.exclude("row_number"), pl.col("row_number") + start)


def _file_of(starts: list[int]) -> pl.Expr:
    """Look up the file of a row by its number; row numbers begin with 1."""
    begins = pl.Series(starts, dtype=pl.Int32)
    place = pl.lit(begins).search_sorted(pl.col("row_number") - 1, side="right")
    return (place.cast(pl.Int32) - 1).alias("file")


def _by_file(rows: pl.DataFrame, starts: list[int]) -> dict[int, pl.DataFrame]:
    """Split rows by file, and number them within it; files without rows are left out."""
    begins = pl.col("file").replace_strict(list(range(len(starts))), starts, return_dtype=pl.Int32)
    numbered = rows.with_columns(pl.col("row_number") - begins)
    return {int(key[0]): part for key, part in numbered.partition_by("file", as_dict=True, include_key=False).items()}
