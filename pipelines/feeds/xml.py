"""XML feeds, one car an element: parsed as a stream, with nothing in them that can reach out or blow up.

A document type is refused before its content is looked at: entities are how an XML file reads other files or grows
to gigabytes, and no stock list needs them.
"""

import re
from collections.abc import Iterator
from io import BytesIO

import polars as pl
from lxml import etree

from core.errors import RefusedFileError
from pipelines.feeds.raw import RawTable, raw_rejects

_PROLOG_DTD = re.compile(rb"(?:\s|<\?.*?\?>|<!--.*?-->)*<!DOCTYPE", re.DOTALL)
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
VALUE_SEPARATOR = "\n"
"""Between the texts of a path that matches several elements (photos)."""


def _refuse_dtd(data: bytes) -> None:
    for mark in _MARKS:
        data = data.removeprefix(mark)
    if _PROLOG_DTD.match(data.replace(b"\x00", b"")):
        raise RefusedFileError(
            "The XML has a document type (DTD), which we do not read: send it without the DOCTYPE line.",
            code="xml_with_dtd",
        )


def _text(record: etree._Element, path: str) -> str | None:
    """Text at a path below the record (`a/b`, `a/b[type='x']/c`, `a/@id`); several are joined; None: no element."""
    path, _, attribute = path.partition("@")
    found = record.findall(path.rstrip("/")) if path else [record]
    if attribute:
        texts = [element.get(attribute) for element in found]
    else:
        texts = ["".join(map(str, element.itertext())) for element in found]
    given = [text.strip() for text in texts if text is not None]
    return VALUE_SEPARATOR.join(text for text in given if text) if given else None


def _strip_namespaces(record: etree._Element) -> None:
    for element in record.iter(etree.Element):
        element.tag = etree.QName(element).localname


def _records(data: bytes, record_path: str) -> Iterator[etree._Element]:
    """Elements at the record path, each freed after use, so memory holds one car at a time."""
    stack: list[str] = []
    wanted = record_path.split("/")
    parser = etree.iterparse(
        BytesIO(data), events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    for event, element in parser:
        if event == "start":
            if not stack and element.getroottree().docinfo.internalDTD is not None:
                _refuse_dtd(b"<!DOCTYPE")
            stack.append(etree.QName(element).localname)
            continue
        if stack == wanted:
            _strip_namespaces(element)
            yield element
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
        stack.pop()


def read_xml(data: bytes, record_path: str, wanted: tuple[str, ...]) -> RawTable:
    """The wanted paths of every record element. A path that no record has is no column of the result.

    Raises:
        RefusedFileError: `empty_file`, `xml_with_dtd`, `malformed_xml`, or `no_rows` where no element is a record.
    """
    if not data.strip():
        raise RefusedFileError("The file is empty: nothing was changed. Send it again.", code="empty_file")
    _refuse_dtd(data)
    columns: dict[str, list[str | None]] = {path: [] for path in wanted}
    try:
        for record in _records(data, record_path):
            for path, cells in columns.items():
                cells.append(_text(record, path))
    except (etree.LxmlError, SyntaxError, ValueError, LookupError) as error:
        reason = re.sub(r" \(<string>.*", "", str(error).partition("\n")[0])[:150] or "it cannot be parsed"
        raise RefusedFileError(
            f"The file is not well-formed XML ({reason}): correct the export and send it again.", code="malformed_xml"
        ) from error
    height = len(next(iter(columns.values())))
    if not height:
        raise RefusedFileError(
            f"The XML has no element {record_path}: nothing was changed. Send the stock, or choose another mapping.",
            code="no_rows",
        )
    present = {path: cells for path, cells in columns.items() if any(cell is not None for cell in cells)}
    frame = pl.DataFrame(present, schema=dict.fromkeys(present, pl.String))
    numbers = pl.int_range(1, height + 1, dtype=pl.Int32, eager=True).alias("row_number")
    return RawTable(pl.DataFrame([numbers, *frame.get_columns()]), raw_rejects([]), None, _encoding(data))


def _encoding(data: bytes) -> str:
    """What the XML declaration says; UTF-8 where it says nothing."""
    declared = re.match(rb"\s*(?:\xef\xbb\xbf)?<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)", data)
    if declared:
        return declared.group(1).decode("ascii").lower()
    return "utf-16" if data[:2] in _MARKS[1:] else "utf-8"
