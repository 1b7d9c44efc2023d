"""Read JSON feeds: a list of objects, an object with the list somewhere inside, or one object a line.

Numbers stay as they were written ("4500000.00", "4.89E+11", 400 digits): what they mean is decided in one place for
all formats. A list is read car by car; a file that ends too early is refused as a whole, since half a stock list would
take cars away. In JSON Lines a bad line costs itself.
"""

import re
from array import array
from collections.abc import Iterable, Iterator
from functools import cache
from json import JSONDecoder, dumps
from typing import Any

import polars as pl

from core.errors import RefusedFileError
from pipelines.feeds.readers.byte_offsets import character_offsets, unknown_offsets
from pipelines.feeds.readers.encoding import UNDECODED, Decoded
from pipelines.feeds.readers.limits import MOST_UNREADABLE, UnreadableRecords
from pipelines.feeds.readers.raw_table import ROW_TOO_LONG, SHOWN, RawTable, raw_rejects
from pipelines.feeds.refusal_codes import refusal

_DECODER = JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, strict=False)
_BLANK = re.compile(r"[ \t\r\n\x1a]*")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d*)\]")
_LINE = re.compile(r"[ \t\r\n\x1a]*([^\r\n]+)")
_EMPTY_ITEM = re.compile(r"[\[,]\s*(?:\{\s*\}|\[\s*\])(?=\s*[,\]])")
_ABSENT = object()
_NOTHING: tuple[Any, ...] = (None, False, "", "0", "0.0", "no", "No", "false", [], {})
_NAMED_RECORDS = 1_000
"""Records of which the names that the mapping does not read are collected."""
_DEEPEST_NAMED = 4

Found = tuple[int | None, Any, str | None]
"""The start of a record in the text (None: not known), its value (_ABSENT: no JSON), its text (None: not kept)."""


@cache
def _steps(path: str) -> tuple[str | int | None, ...]:
    """Split `photos[].url` into ("photos", None, "url"); a number picks one item of a list, None takes every one."""
    return tuple(name or (int(index) if index else None) for name, index in _STEP.findall(path))


def _follow(value: object, steps: tuple[str | int | None, ...]) -> object:
    for position, step in enumerate(steps):
        if step is None:
            if not isinstance(value, list):
                return _ABSENT
            inner = (_follow(each, steps[position + 1 :]) for each in value)
            return [each for each in inner if each is not _ABSENT]
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else _ABSENT
        else:
            value = value.get(step, _ABSENT) if isinstance(value, dict) else _ABSENT
        if value is _ABSENT:
            return _ABSENT
    return value


def _text(value: object) -> str | None:
    """Convert a value into a cell: a list has one item a line, an object is JSON again."""
    if value is None:
        return None
    if isinstance(value, str):
        return value if value.isascii() else UNDECODED.sub("\ufffd", value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "\n".join(text for each in value if (text := _text(each)))
    return UNDECODED.sub("\ufffd", dumps(value, ensure_ascii=False))


def _skip_blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return position if match is None else match.end()


def _items(text: str, position: int) -> Iterator[Found]:
    """Yield the items of the list that begins at `position`; nothing may follow the list."""
    position = _skip_blank(text, position + 1)
    more = not text.startswith("]", position)
    while more:
        value, end = _DECODER.raw_decode(text, position)
        yield position, value, text[position : min(end, position + ROW_TOO_LONG + 1)]
        position = _skip_blank(text, end)
        more = text.startswith(",", position)
        if more:
            position = _skip_blank(text, position + 1)
    if not text.startswith("]", position):
        raise ValueError(f"expected ',' or ']' at character {position + 1}")
    if (rest := _skip_blank(text, position + 1)) != len(text):
        raise ValueError(f"something follows the list at character {rest + 1}")


def _parsed(line: str) -> object:
    try:
        return _DECODER.decode(line.strip(" \t\x1a"))
    except (ValueError, RecursionError):
        return _ABSENT


def _lines(text: str, why: Exception) -> list[Found]:
    """Read one object a line; where most lines are none, the file is one document, which is broken (`why`)."""
    found: list[Found] = []
    broken, empty = 0, UnreadableRecords()
    for match in _LINE.finditer(text):
        value = _parsed(match[1])
        found.append((match.start(1), value, match[1]))
        if value is _ABSENT:
            broken += 1
            if broken > MOST_UNREADABLE:
                break
        elif not value:
            empty.add()
    if 2 * broken >= len(found):
        raise ValueError(str(why)) from why
    return found


def _at_path(document: object, path: str) -> object:
    """Return the list at `a/b` or `resources[name=car]/data`; _ABSENT where there is none."""
    for step in path.split("/"):
        name, _, condition = step.rstrip("]").partition("[")
        document = document.get(name, _ABSENT) if isinstance(document, dict) else _ABSENT
        if condition:
            key, _, wanted = condition.partition("=")
            items = document if isinstance(document, list) else []
            document = next((each for each in items if isinstance(each, dict) and each.get(key) == wanted), _ABSENT)
    return document


def _refuse_empty_items(text: str) -> None:
    """Refuse a document with too many empty list items before three characters each become an object of 64 bytes."""
    empty = UnreadableRecords()
    for _ in _EMPTY_ITEM.finditer(text):
        empty.add()


def _records(text: str, record: str | None) -> Iterable[Found]:
    start = _skip_blank(text, 0)
    if text.startswith("[", start):
        return _items(text, start)
    _refuse_empty_items(text)
    try:
        document = _DECODER.decode(text.strip(" \t\r\n\x1a"))
    except ValueError as error:
        return _lines(text, error)
    found = _at_path(document, record) if record else [document]
    if not isinstance(found, list):
        raise RefusedFileError(
            f"The JSON has no list at {record}: nothing was changed. Send the stock, or choose another mapping.",
            code="no_rows",
        )
    judged = len(text) > ROW_TOO_LONG or UNDECODED.search(text) is not None  # else no record can be at fault
    return ((None, value, dumps(value, ensure_ascii=False) if judged else None) for value in found)


def _fault(value: object, text: str | None) -> str | None:
    if not isinstance(value, dict):
        return "bad_json"
    if text is None:
        return None
    if UNDECODED.search(text):
        return "not_utf8"
    return "row_too_long" if len(text) > ROW_TOO_LONG else None


def _filled_paths(value: object, path: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the paths of a record that hold anything: `sale` and `sale.buyer`; of lists the path alone."""
    if value in _NOTHING:
        return
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) and depth < _DEEPEST_NAMED else ()
    for name, each in inner:
        yield from _filled_paths(each, f"{path}.{name}".lstrip("."), depth + 1)


class _Table:
    """Collect records into columns; a path that no record has is no column of the result."""

    def __init__(self, wanted: tuple[str, ...]) -> None:
        self.columns: dict[str, list[str | None]] = {path: [] for path in wanted}
        self._present: set[str] = set()
        self._read = {steps[0] for path in wanted if (steps := _steps(path))} | set(wanted)
        self.others: dict[str, None] = {}
        self._unreadable = UnreadableRecords()
        self.numbers: list[int] = []
        self.bad: list[tuple[int, str, str]] = []
        self.begins = array("q")
        self.located = True

    def add(self, number: int, found: Found) -> None:
        begin, value, text = found
        self.located &= begin is not None
        self.begins.append(begin or 0)
        if (code := _fault(value, text)) is not None:
            self._unreadable.add()
            shown = text if text is not None else _text(value) or ""
            self.bad.append((number, code, UNDECODED.sub("?", shown[:SHOWN])))
            return
        self.numbers.append(number)
        if not value:
            self._unreadable.add()
        if number <= _NAMED_RECORDS:
            self.others |= dict.fromkeys(path for path in _filled_paths(value) if path not in self._read)
        for path, cells in self.columns.items():
            cell = value[path] if path in value else _follow(value, _steps(path))
            if cell is not _ABSENT:
                self._present.add(path)
            cells.append(None if cell is _ABSENT else _text(cell))

    def frame(self) -> pl.DataFrame:
        present = {path: cells for path, cells in self.columns.items() if path in self._present}
        frame = pl.DataFrame(present, schema=dict.fromkeys(present, pl.String))
        numbers = pl.Series("row_number", self.numbers, pl.Int32)
        return pl.DataFrame([numbers, *frame.get_columns()])


def read_json(decoded: Decoded, record: str | None, wanted: tuple[str, ...]) -> RawTable:
    """Read the wanted paths (`mileage.value`, `photos[].url`, or a plain name) of every record.

    Raises:
        RefusedFileError: `malformed_json`, `mostly_unreadable`, or `no_rows` where there is no record.
    """
    table = _Table(wanted)
    try:
        for number, found in enumerate(_records(decoded.text, record), start=1):
            table.add(number, found)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else UNDECODED.sub("?", str(error))[:150]
        raise refusal("malformed_json", reason=reason) from error
    if not table.begins:
        raise refusal("no_rows")
    offsets = character_offsets(decoded, table.begins) if table.located else unknown_offsets
    return RawTable(table.frame(), raw_rejects(table.bad), None, decoded.encoding, offsets, tuple(table.others))
