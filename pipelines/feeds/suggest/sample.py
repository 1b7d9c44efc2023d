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
from pipelines.feeds.readers.delimited.layout import DELIMITERS, split_cells
from pipelines.feeds.readers.encoding import UNDECODED, decode
from pipelines.feeds.suggest.aliases import aliases, header_words

ROWS = 400
_MOST_TITLES, _SURE_NAMES = 20, 3
_LINE = re.compile(r"[^\r\n]+")
_NO_HEADER = re.compile(r"https?://.*|(?:19|20)\d\d|[\d,.]{4,}", re.IGNORECASE)


@dataclass(frozen=True)
class Sample:
    """Hold `columns` in the file's order; every column has a cell for each row, empty where the row has none."""

    format: str  # delimited | xml | json
    columns: dict[str, list[str]]
    record: str | None = None
    delimiter: str | None = None
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
    if len(lines) < 2:
        raise _no_rows()
    delimiter = max(DELIMITERS, key=lambda each: len(split_cells(lines[0], each, strict=False) or ()))
    rows = [split_cells(line, delimiter, strict=False) or [] for line in lines]
    header = [cell.strip(" \t\"'\ufeff") for cell in rows[0]]
    if any(_NO_HEADER.fullmatch(cell) for cell in header):
        raise RefusedFileError(
            "The first row looks like a car, not like names of columns: ask for a file with a header, or write a"
            " mapping with [positions] by hand.",
            code="no_header",
        )
    body = [row for row in rows[1:] if len(row) == len(header)][:ROWS]
    if not body:
        raise _no_rows()
    columns: dict[str, list[str]] = {}
    for place, name in enumerate(header):
        if name:
            columns.setdefault(name, [row[place].strip() for row in body])
    return Sample("delimited", columns, delimiter=delimiter)


def _title_lines(lines: list[str]) -> int:
    """Count the lines above the header: those before the first with three known names, if the first has under two."""
    if not lines or _known_names(lines[0]) > 1:
        return 0
    return next((place for place, line in enumerate(lines[:_MOST_TITLES]) if _known_names(line) >= _SURE_NAMES), 0)


def _known_names(line: str) -> int:
    known = aliases()
    cells = max((split_cells(line, each, strict=False) or [] for each in DELIMITERS), key=len)
    return sum(header_words(cell) in known for cell in cells if cell.strip())


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
    """Return the longest list of objects and its path."""
    if isinstance(value, list):
        return path, [each for each in value if isinstance(each, dict)]
    best: tuple[str, list[dict[str, Any]]] = ("", [])
    for name, inner in value.items() if isinstance(value, dict) else ():
        best = max(best, _cars(inner, f"{path}/{name}".lstrip("/")), key=lambda found: len(found[1]))
    return best


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
    """Return the path of the elements that are most likely the records: repeated, with the most different children."""
    counts: Counter[str] = Counter()
    inside: dict[str, set[str]] = {}

    def visit(element: etree._Element, path: str) -> None:
        counts[path] += 1
        names = inside.setdefault(path, set())
        for child in element.iterchildren(etree.Element):
            names.add(str(child.tag))
            visit(child, f"{path}/{child.tag}")

    visit(root, str(root.tag))
    return max(counts, key=lambda path: (counts[path] > 1, len(inside[path]), -path.count("/")))


def _leaves(element: etree._Element, path: str) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        yield f"{path}/@{name!s}".lstrip("/"), str(value).strip()
    children = list(element.iterchildren(etree.Element))
    if not children and path and (text := (element.text or "").strip()):
        yield path, text
    for child in children:
        yield from _leaves(child, f"{path}/{child.tag}".lstrip("/"))
