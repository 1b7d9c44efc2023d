"""Read the first rows of a file of any format as columns of text, named as a mapping would name them."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from typing import Any

from lxml import etree

from core.errors import RefusedFileError
from pipelines.feeds.normalise.keys import clean_key
from pipelines.feeds.readers.delimited.layout import DELIMITERS, header_record, header_with_next, split_cells
from pipelines.feeds.readers.encoding import UNDECODED, decode
from pipelines.feeds.suggest.aliases import aliases, header_words, known_fields

ROWS = 400
_MOST_TITLES, _SURE_NAMES = 20, 3
_OF_A_CAR = {"key", "make", "model", "model_year", "price"}
"""Fields that a record holds, and no part of it alone."""
_LINE = re.compile(r"[^\r\n]+")
_NO_HEADER = re.compile(r"https?://.*|(?:19|20)\d\d|[\d,.]{4,}", re.IGNORECASE)


@dataclass(frozen=True)
class Sample:
    """Hold `columns` in the file's order; every column has a cell for each row, empty where the row has none."""

    format: str  # delimited | xml | json
    columns: dict[str, list[str]]
    record: str | None = None
    delimiter: str | None = None
    repeated: set[str] = field(default_factory=set)
    """Names that several columns have; `columns` holds the first of each."""
    records: list[etree._Element] = field(default_factory=list)
    """XML: the record elements, for paths with conditions."""


def read_sample(data: bytes) -> Sample:
    """Read the first rows of an unpacked file.

    Raises:
        RefusedFileError: no format that we know shows rows in it (`no_rows`, `not_text`, `xml_with_dtd`, …).
    """
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<" or data[:4] in (b"\xff\xfe<\x00", b"\xfe\xff\x00<"):
        return _xml(data)
    text = UNDECODED.sub("?", decode(data).text)
    if start in (b"[", b"{"):
        return _json(text)
    return _delimited(text)


def _no_rows() -> RefusedFileError:
    return RefusedFileError("No rows of cars are found in the file.", code="no_rows")


def _delimited(text: str) -> Sample:
    filled = (match.group() for match in _LINE.finditer(text) if match.group().strip())
    lines = list(islice(filled, ROWS * 3))  # not all lines: a file may hold millions of blank ones
    if lines and lines[0].lower().startswith("sep="):
        del lines[0]
    del lines[: _title_lines(lines)]
    lines = _with_whole_header(lines)
    if len(lines) < 2:
        raise _no_rows()
    delimiter = max(DELIMITERS, key=lambda each: len(split_cells(lines[0], each, strict=False) or ()))
    rows = [split_cells(line, delimiter, strict=False) or [] for line in lines]
    if joined := header_with_next(lines, 1, rows[0], delimiter, set(aliases())):
        rows[:2] = [joined]
    header = [" ".join(cell.split()).strip(" \"'\ufeff") for cell in rows[0]]
    if any(_NO_HEADER.fullmatch(cell) for cell in header):
        raise RefusedFileError(
            "The first row looks like a car, not like names of columns: ask for a file with a header, or write a"
            " mapping with [positions] by hand.",
            code="no_header",
        )
    short = max(2, len(header) // 2)
    rows = [rows[0], *(row for row in rows[1:] if not _is_total(row))]
    body = [row + [""] * (len(header) - len(row)) for row in rows[1:] if short <= len(row) <= len(header)][:ROWS]
    if not body:
        raise _no_rows()
    columns: dict[str, list[str]] = {}
    for place, name in enumerate(header):
        if name:
            columns.setdefault(name, [row[place].strip() for row in body])
    return Sample(
        "delimited", columns, delimiter=delimiter, repeated={name for name in header if header.count(name) > 1}
    )


def _is_total(row: list[str]) -> bool:
    """Tell whether a line below the table sums it up: few cells, the first of them "Total" or the like."""
    filled = [cell.strip() for cell in row if cell.strip()]
    return bool(filled) and 2 * len(filled) < len(row) and clean_key(filled[0]) is None


def _with_whole_header(lines: list[str]) -> list[str]:
    """Join the lines of a header whose quoted names hold line breaks."""
    text, used = header_record(lines, 0)
    return [text, *lines[used:]]


def _title_lines(lines: list[str]) -> int:
    """Count the lines above the header, which is the line with by far the most known names, else the first."""
    counts = [_known_names(line) for line in lines[:_MOST_TITLES]]
    best = max(counts, default=0)
    if best < _SURE_NAMES or best < counts[0] + 2:
        return 0
    return counts.index(best)


def _known_names(line: str) -> int:
    known = aliases()
    cells = max((split_cells(line, each, strict=False) or [] for each in DELIMITERS), key=len)
    return len({words for cell in cells if (words := header_words(cell)) in known})


def _json(text: str) -> Sample:
    try:
        record, cars = _cars(json.loads(text, parse_int=str, parse_float=str), "")
    except (ValueError, RecursionError):
        record, cars = "", [car for line in text.splitlines()[:ROWS] if isinstance(car := _line(line), dict)]
    if not cars:
        raise _no_rows()
    return Sample("json", _table(list(_flat(car, "")) for car in cars[:ROWS]), record=record or None)


def _line(line: str) -> object:
    try:
        return json.loads(line, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None


def _cars(value: object, path: str) -> tuple[str, list[dict[str, Any]]]:
    """Return the list of objects with the most known names, of these the longest, and its path."""
    if isinstance(value, list):
        return path, [each for each in value if isinstance(each, dict)]
    best: tuple[str, list[dict[str, Any]]] = ("", [])
    for name, inner in value.items() if isinstance(value, dict) else ():
        best = max(
            best, _cars(inner, f"{path}/{name}".lstrip("/")), key=lambda found: (_known_paths(found[1]), len(found[1]))
        )
    return best


def _known_paths(records: list[dict[str, Any]]) -> int:
    names = {path for record in records[:20] for path, _ in _flat(record, "")}
    return len({field for name in names for field in known_fields(name)})


def _flat(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield path and text of every leaf, with paths as in `pipelines.feeds.readers.json_records`."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(inner, f"{path}[]" if isinstance(inner, dict) else path)
    elif value is not None:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def _table(records: Iterable[list[tuple[str, str]]]) -> dict[str, list[str]]:
    rows: list[dict[str, str]] = []
    for record in records:
        row: dict[str, str] = {}
        for path, text in record:
            row[path] = f"{row[path]}\n{text}" if path in row else text
        rows.append(row)
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name, "") for row in rows] for name in names}


def _xml(data: bytes) -> Sample:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root = etree.parse(BytesIO(data), parser).getroot()
    except (etree.LxmlError, SyntaxError, ValueError) as error:
        raise RefusedFileError("The file is not well-formed XML.", code="malformed_xml") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise RefusedFileError("The XML has a document type (DTD), which we do not read.", code="xml_with_dtd")
    for element in root.iter(etree.Element):
        element.tag = etree.QName(element).localname
    record = _record_path(root)
    inner = record.partition("/")[2]
    found = root.findall(inner)[:ROWS] if inner else []
    if not found:
        raise _no_rows()
    return Sample("xml", _table(list(_leaves(element, "")) for element in found), record=record, records=found)


def _record_path(root: etree._Element) -> str:
    """Return the path of the elements that are most likely the records.

    That is the innermost element with most of the fields that any element holds, and with all that a car needs; where
    names are unknown, the repeated one with the most different children.
    """
    counts: Counter[str] = Counter()
    inside: dict[str, set[str]] = {}
    fields: dict[str, set[str]] = {}

    def visit(element: etree._Element, path: str) -> set[str]:
        counts[path] += 1
        names, found = inside.setdefault(path, set()), fields.setdefault(path, set())
        found |= {field for name in element.attrib for field in known_fields(str(name))}
        found |= known_fields(str(element.tag)) if path != root.tag else frozenset()
        for child in element.iterchildren(etree.Element):
            names.add(str(child.tag))
            found |= visit(child, f"{path}/{child.tag}")
        return found

    visit(root, str(root.tag))
    below = [path for path in counts if "/" in path]
    most = max((fields[path] for path in below), key=len, default=set())
    rich = [path for path in below if len(fields[path]) >= 0.6 * len(most) and fields[path] >= most & _OF_A_CAR]
    if len(most) >= _SURE_NAMES and rich:
        return max(rich, key=lambda path: (path.count("/"), counts[path]))
    return max(counts, key=lambda path: (counts[path] > 1, len(inside[path]), -path.count("/")))


def _leaves(element: etree._Element, path: str) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        yield f"{path}/@{name!s}".lstrip("/"), str(value).strip()
    children = list(element.iterchildren(etree.Element))
    if not children and path and (text := (element.text or "").strip()):
        yield path, text
    for child in children:
        yield from _leaves(child, f"{path}/{child.tag}".lstrip("/"))
