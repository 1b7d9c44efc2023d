"""XML feeds, one car an element: parsed as a stream of events, with nothing in it that can reach out or blow up.

A document type is refused the moment it begins: entities are how an XML file reads other files or grows to gigabytes,
and no stock list needs them. No tree is built: cells are picked up as the parser passes, so memory holds one car at a
time besides the columns, and it is faster than a loop that builds elements and throws them away.
"""

import re
from array import array
from collections.abc import Sequence
from xml.parsers import expat

import polars as pl

from core.errors import RefusedFileError
from pipelines.feeds.offsets import Offsets
from pipelines.feeds.raw import RawTable, raw_rejects
from pipelines.feeds.refusals import refusal
from pipelines.feeds.xml_paths import Step, compile_paths

VALUE_SEPARATOR = "\n"
"""Between the texts of a path that matches several elements (photos)."""
_DEEPEST = 256
_ROWS_AT_ONCE = 20_000
_ELSEWHERE = Step()

Row = list[str | None]


class _Reader:
    """Follows the parser: outside records by names, inside them by the tree of wanted paths."""

    def __init__(self, record_path: str, wanted: tuple[str, ...]) -> None:
        self._record = record_path.split("/")
        self._wanted = wanted
        self._paths = compile_paths(wanted)
        self._above: list[str] = []
        self._step = _ELSEWHERE
        self._stack: list[Step] = []
        self._chunks: list[str] = []
        self._marks: list[int] = []
        self._row: Row = []
        self._rows: list[Row] = []
        self._frames: list[pl.DataFrame] = []
        self.begins = array("q")
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._chunks.append
        self._parser.StartDoctypeDeclHandler = _refuse_dtd

    def read(self, data: bytes) -> pl.DataFrame:
        """The wanted cells of every record."""
        self._parser.Parse(data, True)
        self._flush()
        return pl.concat(self._frames)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        """An element outside of records: one of the way to them, a record itself, or none of ours."""
        self._above.append(name.rpartition(":")[2])
        self._chunks.clear()
        self._refuse_depth(len(self._above))
        if self._above == self._record:
            self.begins.append(self._parser.CurrentByteIndex)
            self._row = [None] * self._paths.cells
            self._step = self._paths.root
            self._parser.StartElementHandler, self._parser.EndElementHandler = self._enter, self._leave
            self._mark(self._step, attributes)

    def _end(self, name: str) -> None:
        self._above.pop()

    def _enter(self, name: str, attributes: dict[str, str]) -> None:
        """An element of a record. Every car has dozens of them: this and `_leave` are where the time goes."""
        step = self._step
        self._stack.append(step)
        inner = step.inner.get(name)
        if inner is None:
            inner = step.inner.get(name.rpartition(":")[2], _ELSEWHERE)
            self._refuse_depth(len(self._stack))  # wanted paths end, so only others can go deep
        self._step = inner
        if inner.texts:
            self._marks.append(len(self._chunks))
        if inner.attributes or inner.choices:
            self._mark(inner, attributes)

    def _mark(self, step: Step, attributes: dict[str, str]) -> None:
        for choice in step.choices:
            self._row[choice.condition] = self._row[choice.held] = None
        for attribute, cell in step.attributes:
            if (value := attributes.get(attribute)) is not None:
                self._put(cell, value.strip())

    def _leave(self, name: str) -> None:
        step = self._step
        if step.texts:
            mark = self._marks.pop()
            chunks = self._chunks
            text = (chunks[mark] if len(chunks) == mark + 1 else "".join(chunks[mark:])).strip()
            for cell in step.texts:
                if self._row[cell] is None:
                    self._row[cell] = text
                else:
                    self._put(cell, text)
        for choice in reversed(step.choices):
            said, held = self._row[choice.condition], self._row[choice.held]
            if said is not None and held is not None and choice.wanted in said.split(VALUE_SEPARATOR):
                self._put(choice.target, held)
        if self._stack:
            self._step = self._stack.pop()
        else:
            self._finish()

    def _finish(self) -> None:
        self._above.pop()
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        self._rows.append(self._row)
        if len(self._rows) == _ROWS_AT_ONCE:
            self._flush()

    def _refuse_depth(self, depth: int) -> None:
        if depth > _DEEPEST:
            raise refusal("malformed_xml", reason=f"nested more than {_DEEPEST} deep")

    def _put(self, cell: int, text: str) -> None:
        """Fill a cell; a further text goes on a line of its own, an empty one only says that the element is there."""
        held = self._row[cell]
        self._row[cell] = f"{held}{VALUE_SEPARATOR}{text}" if held and text else held or text

    def _flush(self) -> None:
        columns = zip(*self._rows, strict=True) if self._rows else ((),) * len(self._wanted)
        # Cells that awaited a condition come after those of the paths: strict=False leaves them out.
        named = dict(zip(self._wanted, columns, strict=False))
        self._frames.append(pl.DataFrame(named, schema=dict.fromkeys(self._wanted, pl.String)))
        self._rows.clear()


def _refuse_dtd(*_: object) -> None:
    raise refusal("xml_with_dtd")


def _offsets(begins: Sequence[int]) -> Offsets:
    return lambda rows: pl.Series([begins[row - 1] for row in rows], dtype=pl.Int64)


def read_xml(data: bytes, record_path: str, wanted: tuple[str, ...]) -> RawTable:
    """The wanted paths of every record element. A path that no record has is no column of the result.

    Raises:
        RefusedFileError: `empty_file`, `xml_with_dtd`, `malformed_xml`, or `no_rows` where no element is a record.
    """
    if not data.strip():
        raise refusal("empty_file")
    reader = _Reader(record_path, wanted)
    try:
        frame = reader.read(data)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise refusal("malformed_xml", reason=str(error)[:150]) from error
    if not frame.height:
        raise RefusedFileError(
            f"The XML has no element {record_path}: nothing was changed. Send the stock, or choose another mapping.",
            code="no_rows",
        )
    present = [column for column in frame.get_columns() if column.null_count() < frame.height]
    numbers = pl.int_range(1, frame.height + 1, dtype=pl.Int32, eager=True).alias("row_number")
    table = pl.DataFrame([numbers, *present])
    return RawTable(table, raw_rejects([]), None, _encoding(data), _offsets(reader.begins))


def _encoding(data: bytes) -> str:
    """What the XML declaration says; UTF-8 where it says nothing."""
    declared = re.match(rb"\s*(?:\xef\xbb\xbf)?<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)", data)
    if declared:
        return declared.group(1).decode("ascii").lower()
    return "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
