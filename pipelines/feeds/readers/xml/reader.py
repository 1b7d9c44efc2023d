"""Read XML feeds, one car an element: regular blocks of cars by columns, all else with an event parser.

The parser sees everything but those blocks, so that it judges the whole document: a block is only taken out where the
parser stands between two cars, and holds whole cars, each well-formed.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import IO
from xml.parsers import expat

import numpy as np
import polars as pl

from core.errors import RefusedFileError
from pipelines.feeds.mapping.xml_paths import compile_paths
from pipelines.feeds.readers.byte_offsets import Offsets
from pipelines.feeds.readers.limits import UnreadableRecords
from pipelines.feeds.readers.raw_table import SHOWN, RawTable, raw_rejects
from pipelines.feeds.readers.xml.columnar import ColumnarReader
from pipelines.feeds.readers.xml.event_parser import EventParser
from pipelines.feeds.readers.xml.long_records import LongRecords
from pipelines.feeds.readers.xml.other_paths import other_paths
from pipelines.feeds.readers.xml.string_views import Positions
from pipelines.feeds.refusal_codes import refusal

_BLOCK = 1 << 21
"""Small enough to stay in the cache of a processor while its tags are compared: 8 MB take half as long again."""
_SMALLEST_COLUMNAR = 1 << 16
"""Of fewer the parser is done sooner."""

Rows = tuple[pl.DataFrame, Positions]
"""Every wanted path as a column, and where each record begins in the file."""


class XmlReader:
    """Read one file, block by block."""

    def __init__(self, record_path: str, wanted: tuple[str, ...], smallest_columnar: int = _SMALLEST_COLUMNAR) -> None:
        self._wanted = wanted
        self._unreadable = UnreadableRecords()
        self._smallest_columnar = smallest_columnar
        self._name = re.compile(
            rb"<((?:[^\s<>/:]+:)?" + re.escape(record_path.rpartition("/")[2]).encode() + rb")[\s>]"
        )
        self._events = EventParser(record_path, wanted, self._unreadable)
        self._columnar: ColumnarReader | None = None
        self._end_tag = b""
        self._at = 0

    def read(self, blocks: Iterable[bytes]) -> Iterator[Rows]:
        """Yield the records in the file's order.

        Raises:
            RefusedFileError, ExpatError, ValueError, LookupError: as `EventParser.feed`.
        """
        held = b""
        for block in blocks:
            if not self._at and not held and encoding_of(block) != "utf-8":
                self._smallest_columnar = 1 << 62  # only the parser knows other encodings
            held += block
            self._find_record_tag(held)
            last = held.rfind(self._end_tag) if self._end_tag else -1
            whole = self._columnar is not None and len(held) <= 2 * _BLOCK  # else let the parser hold what is begun
            cut = last + len(self._end_tag) if last >= 0 else 0 if whole else len(held)
            yield from self._take(held[:cut])
            held = held[cut:]
        self._events.feed(held, final=True)
        self._at += len(held)
        yield from self._parsed()

    @property
    def read_until(self) -> int:
        """The place in the file up to which all has been read: the next record begins there or later."""
        return self._at

    def _find_record_tag(self, block: bytes) -> None:
        """Find how the file writes a record's tag."""
        if self._columnar is None and (found := self._name.search(block)):
            paths = compile_paths(self._wanted)
            self._end_tag = b"</" + found[1] + b">"
            self._columnar = ColumnarReader(found[1], paths, self._wanted)
            if paths.cells > len(self._wanted):
                self._smallest_columnar = 1 << 62  # conditions

    def _take(self, data: bytes) -> Iterator[Rows]:
        """Read bytes that end with a record's end tag, or with anything."""
        if len(data) >= self._smallest_columnar and self._end_tag in data and not self._events.is_after(self._end_tag):
            first = data.index(self._end_tag) + len(self._end_tag)
            self._feed(data[:first])
            data = data[first:]
        columnar = None
        if len(data) >= self._smallest_columnar and self._columnar is not None and self._events.is_after(self._end_tag):
            start = len(data) - len(data.lstrip(b" \t\r\n"))
            columnar = self._columnar.read(data, start)
        if columnar is None:
            self._feed(data)
            yield from self._parsed()
            return
        yield from self._parsed()
        frame, begins = columnar
        self._unreadable.add(_empty_rows(frame))
        begins = begins + (self._at + start)
        self._events.skip(len(data))
        self._at += len(data)
        yield frame, begins

    def _feed(self, data: bytes) -> None:
        self._events.feed(data)
        self._at += len(data)

    def _parsed(self) -> Iterator[Rows]:
        if (rows := self._events.take()) is not None:
            yield rows


def _empty_rows(frame: pl.DataFrame) -> int:
    """Count the rows without any text. Nearly always the first column has one in each, which is quick to see."""
    first = frame.to_series(0)
    if not first.null_count() and (first != "").all():
        return 0
    return int(frame.select((~pl.any_horizontal((pl.all() != "").fill_null(value=False))).sum()).item())


def read_xml(data: bytes, record_path: str, wanted: tuple[str, ...]) -> RawTable:
    """Read the wanted paths of every record element. A path that no record has is no column of the result.

    Raises:
        RefusedFileError: `empty_file`, `xml_with_dtd`, `malformed_xml`, `mostly_unreadable`, or `no_rows` where no
            element is a record.
    """
    chunks = list(xml_chunks(BytesIO(data), record_path, wanted, rows=1))
    frame = pl.concat([chunk.frame for chunk, _ in chunks])
    present = [column for column in frame.get_columns() if column.null_count() < frame.height]
    begins = np.concatenate([begins for _, begins in chunks])
    others = chunks[0][0].other_columns
    rejects = pl.concat([chunk.rejects for chunk, _ in chunks])
    return RawTable(pl.DataFrame(present), rejects, None, encoding_of(data), _offsets(begins), others)


def xml_chunks(
    file: IO[bytes], record_path: str, wanted: tuple[str, ...], rows: int
) -> Iterator[tuple[RawTable, Positions]]:
    """Read what `read_xml` reads in chunks of at least `rows` rows (the last may have fewer), with their offsets.

    Row numbers go on from chunk to chunk, and every wanted path is a column of every chunk.

    Raises:
        RefusedFileError: as `read_xml`.
    """
    head = _head(file)
    encoding = encoding_of(head)
    reader = XmlReader(record_path, wanted)
    records = LongRecords(file, record_path, _order_of_bytes(head) or encoding)

    def long(begins: Positions) -> list[tuple[int, str]]:
        return records.find(begins, reader.read_until)

    done, held = 0, []
    others: tuple[str, ...] | None = None
    for frame, begins in _records(file, reader):
        held.append((frame, begins))
        if others is None:
            others = other_paths(head, record_path, wanted)
        if sum(frame.height for frame, _ in held) >= rows:
            yield _chunk(held, done, encoding, others, long)
            done += sum(frame.height for frame, _ in held)
            held = []
    if held:
        yield _chunk(held, done, encoding, others or (), long)
    elif not done:
        raise RefusedFileError(
            f"The XML has no element {record_path}: nothing was changed. Send the stock, or choose another mapping.",
            code="no_rows",
        )


def _head(file: IO[bytes]) -> bytes:
    """Return the first block, unless the file is blank."""
    head, block = b"", b""
    for block in _blocks(file):
        head = head or block
        if not block.isspace():
            return head
    raise refusal("empty_file")


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(_BLOCK):
        yield block


def _records(file: IO[bytes], reader: XmlReader) -> Iterator[Rows]:
    try:
        yield from reader.read(_blocks(file))
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise refusal("malformed_xml", reason=str(error)[:150]) from error


def _chunk(
    rows: list[Rows],
    before: int,
    encoding: str,
    others: tuple[str, ...],
    long: Callable[[Positions], list[tuple[int, str]]],
) -> tuple[RawTable, Positions]:
    frame = pl.concat([frame for frame, _ in rows])
    begins = np.concatenate([begins for _, begins in rows])
    numbers = pl.int_range(before + 1, before + frame.height + 1, dtype=pl.Int32, eager=True).alias("row_number")
    table = pl.DataFrame([numbers, *frame.get_columns()])
    rejects = raw_rejects([(before + 1 + at, "row_too_long", text[:SHOWN]) for at, text in long(begins)])
    if rejects.height:
        table = table.join(rejects, on="row_number", how="anti", maintain_order="left")
    return RawTable(table, rejects, None, encoding, _offsets(begins, before), others), begins


def _offsets(begins: Positions, before: int = 0) -> Offsets:
    return lambda rows: pl.Series(begins[rows.to_numpy() - before - 1], dtype=pl.Int64)


def _order_of_bytes(head: bytes) -> str | None:
    """Return the form of UTF-16 that the beginning of a file has: a record inside it has no byte order mark."""
    if head[:2] in (b"\xff\xfe", b"<\x00"):
        return "utf-16-le"
    return "utf-16-be" if head[:2] in (b"\xfe\xff", b"\x00<") else None


def encoding_of(data: bytes) -> str:
    """Return the encoding of the XML declaration, UTF-8 where it states none."""
    declared = re.match(rb"\s*(?:\xef\xbb\xbf)?<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)", data)
    if declared:
        return declared.group(1).decode("ascii").lower()
    return "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
