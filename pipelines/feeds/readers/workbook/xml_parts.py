"""Read the parts of a workbook that the library does not tell of: they are XML in a zip."""

import zipfile
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Final
from xml.parsers import expat

ODS_PART: Final = "content.xml"
"""The part of an .ods that holds all sheets; an .xlsx has one for each."""
MOST_REPEATED: Final = 10_000
"""Cells and rows that one cell or row of an .ods may stand for."""
_STEP = 1 << 20


Signs = Mapping[str, Callable[[bytes], bool]]
"""By a name: tells whether a piece of a part may have what the name says, by a few bytes that must stand there."""
_LONGEST_SIGN = 32


class WorkbookParts:
    """The parts of an open workbook; each of them is searched for all signs at once, and only once."""

    def __init__(self, archive: zipfile.ZipFile, xlsx_signs: Signs, ods_signs: Signs) -> None:
        self.archive = archive
        self.is_ods = ODS_PART in archive.namelist()
        self._signs = ods_signs if self.is_ods else xlsx_signs
        self._found: dict[str, frozenset[str]] = {}

    @cached_property
    def of_sheets(self) -> dict[str, str]:
        """The part of an .xlsx that holds a sheet, by the sheet's name."""
        return _sheet_parts(self.archive)

    def hold(self, part: str, name: str) -> bool:
        """Tell whether any of the signs of this name stands in a part."""
        if part not in self._found:
            self._found[part] = frozenset(self._search(part))
        return name in self._found[part]

    def _search(self, part: str) -> set[str]:
        wanted, found = dict(self._signs), set[str]()
        rest = b""
        with self.archive.open(part) as source:
            while wanted and (step := source.read(_STEP)):
                text = rest + step  # a sign may stand across two pieces
                found |= {name for name, may_have in wanted.items() if may_have(text)}
                wanted = {name: may_have for name, may_have in wanted.items() if name not in found}
                rest = text[-_LONGEST_SIGN:]
        return found


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    targets: dict[str, str] = {}
    sheets: dict[str, str] = {}

    def relation(_: str, attributes: dict[str, str]) -> None:
        if "Target" in attributes:
            targets[attributes["Id"]] = attributes["Target"]

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "sheet":
            sheets[attributes["name"]] = next(each for key, each in attributes.items() if key.endswith(":id"))

    read_xml(archive, "xl/_rels/workbook.xml.rels", relation)
    read_xml(archive, "xl/workbook.xml", sheet)
    parts = {name: targets[key] for name, key in sheets.items()}
    return {name: target.lstrip("/") if target.startswith("/") else f"xl/{target}" for name, target in parts.items()}


def read_xml(
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    characters: Callable[[str], None] | None = None,
) -> None:
    """Read a part piece by piece."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    with archive.open(part) as source:
        parser.ParseFile(source)


def column_of(reference: str) -> int:
    """Return the place of a column, counted from 0, by a reference such as B7."""
    number = 0
    for letter in reference:
        if not letter.isalpha():
            break
        number = 26 * number + ord(letter.upper()) - 64
    return number - 1
