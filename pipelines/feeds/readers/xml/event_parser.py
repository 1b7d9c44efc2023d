"""Read any XML car by car with an event parser that follows no reference to the outside.

A document type is refused the moment it begins: entities are how an XML file reads other files or grows to gigabytes,
and no stock list needs them. No tree is built: cells are picked up as the parser passes.
"""

from array import array
from xml.parsers import expat

import numpy as np
import polars as pl

from pipelines.feeds.mapping.xml_paths import VALUE_SEPARATOR, PathNode, compile_paths
from pipelines.feeds.readers.limits import UnreadableRecords
from pipelines.feeds.readers.xml.string_views import Positions
from pipelines.feeds.refusal_codes import refusal

_DEEPEST = 256
_ELSEWHERE = PathNode()

Row = list[str | None]


class EventParser:
    """Read records from parser events: outside records by names, inside them by the tree of wanted paths."""

    def __init__(self, record_path: str, wanted: tuple[str, ...], unreadable: UnreadableRecords | None = None) -> None:
        self._unreadable = unreadable or UnreadableRecords()
        self._record = record_path.split("/")
        self._wanted = wanted
        self._paths = compile_paths(wanted)
        self._above: list[str] = []
        self._step = _ELSEWHERE
        self._stack: list[PathNode] = []
        self._chunks: list[str] = []
        self._marks: list[int] = []
        self._row: Row = []
        self._rows: list[Row] = []
        self._begins = array("q")
        self._skipped = 0
        self._fed = 0
        self._last_end = 1 << 62
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._chunks.append
        self._parser.StartDoctypeDeclHandler = _refuse_dtd

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Parse further bytes.

        Raises:
            RefusedFileError: `xml_with_dtd`, or `malformed_xml` where it nests too deep.
            ExpatError, ValueError, LookupError: it is not well-formed, or of no encoding that is known.
        """
        self._parser.Parse(data, final)
        self._fed += len(data)

    def skip(self, count: int) -> None:
        """Advance the byte offset by `count` bytes that the columnar reader consumed: whole cars after the last one."""
        self._skipped += count

    def is_after(self, end_tag: bytes) -> bool:
        """Return whether the last bytes fed were the end tag of a record, so that another one may begin here."""
        return self._last_end == self._fed - len(end_tag)

    def take(self) -> tuple[pl.DataFrame, Positions] | None:
        """Return the wanted cells of the records since the last call, and where they begin."""
        if not self._rows:
            return None
        # Cells that awaited a condition come after those of the paths: strict=False leaves them out.
        named = dict(zip(self._wanted, zip(*self._rows, strict=True), strict=False))
        frame = pl.DataFrame(named, schema=dict.fromkeys(self._wanted, pl.String))
        begins = np.array(self._begins[: len(self._rows)], np.int64)
        self._begins = self._begins[len(self._rows) :]
        self._rows = []
        return frame, begins

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        """Handle an element outside of records: one on the path to them, a record itself, or another."""
        self._above.append(name.rpartition(":")[2])
        self._chunks.clear()
        self._refuse_depth(len(self._above))
        if self._above == self._record:
            self._begins.append(self._parser.CurrentByteIndex + self._skipped)
            self._row = [None] * self._paths.cells
            self._step = self._paths.root
            self._parser.StartElementHandler, self._parser.EndElementHandler = self._enter, self._leave
            self._mark(self._step, attributes)

    def _end(self, name: str) -> None:  # noqa: ARG002  (expat gives it)
        self._above.pop()

    def _enter(self, name: str, attributes: dict[str, str]) -> None:
        """Handle an element of a record. Every car has dozens of them: this and `_leave` take most of the time."""
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

    def _mark(self, step: PathNode, attributes: dict[str, str]) -> None:
        for choice in step.choices:
            self._row[choice.condition] = self._row[choice.held] = None
        for attribute, cell in step.attributes:
            if (value := attributes.get(attribute)) is not None:
                self._put(cell, value.strip())

    def _leave(self, name: str) -> None:  # noqa: ARG002  (expat gives it)
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
            stated, held = self._row[choice.condition], self._row[choice.held]
            if stated is not None and held is not None and choice.wanted in stated.split(VALUE_SEPARATOR):
                self._put(choice.target, held)
        if self._stack:
            self._step = self._stack.pop()
        else:
            self._finish()

    def _finish(self) -> None:
        self._above.pop()
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._start, self._end
        if not any(self._row):
            self._unreadable.add()
        self._rows.append(self._row)
        self._last_end = self._parser.CurrentByteIndex

    def _refuse_depth(self, depth: int) -> None:
        if depth > _DEEPEST:
            raise refusal("malformed_xml", reason=f"nested more than {_DEEPEST} deep")

    def _put(self, cell: int, text: str) -> None:
        """Fill a cell. A further text goes on a line of its own; an empty one states that the element is there."""
        held = self._row[cell]
        self._row[cell] = f"{held}{VALUE_SEPARATOR}{text}" if held and text else held or text


def _refuse_dtd(*_: object) -> None:
    raise refusal("xml_with_dtd")
