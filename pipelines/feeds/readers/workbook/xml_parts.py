"""Read the parts of a workbook that the library does not tell of: they are XML in a zip."""

import zipfile
from collections.abc import Callable, Sequence
from typing import Final
from xml.parsers import expat

ODS_PART: Final = "content.xml"
"""The part of an .ods that holds all sheets; an .xlsx has one for each."""
MOST_REPEATED: Final = 10_000
"""Cells and rows that one cell or row of an .ods may stand for."""
_STEP = 1 << 20


def sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of the archive that holds a sheet, by the sheet's name."""
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


def holds(archive: zipfile.ZipFile, part: str, signs: Sequence[bytes]) -> bool:
    """Tell whether any of the signs stands in a part; it is read up to there, without being taken apart."""
    rest, longest = b"", max(map(len, signs))
    with archive.open(part) as source:
        while step := source.read(_STEP):
            if any(sign in step or sign in rest + step[:longest] for sign in signs):
                return True
            rest = step[-longest:]
    return False


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
