"""Find the cells of a workbook whose formula failed or was never computed: the library reads them as empty ones."""

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from xml.parsers import expat

Errors = dict[int, dict[int, str]]
"""The errors by row and column, both counted from 0."""
_STEP = 1 << 20
_ODS_PART = "content.xml"
_KNOWN = re.compile(r"#(?:N/A|[A-Z0/]+[!?])")
_NOT_COMPUTED = "#VALUE!"
_SIGNS = {
    False: (b'="e"', b"='e'", b"</f></c", b"</f><v/", b"</f><v /", b"</f><v></"),
    True: (b'="error"', b"='error'"),
}
"""The bytes without which a part of an .xlsx or, true, of an .ods has no error.

Programs other than Excel write formulas without a value, so that Excel computes them.
"""
_MOST_REPEATED = 10_000


@dataclass
class _Reader:
    """Follow the rows and cells of a sheet; both forms count those that state no place."""

    by_sheet: dict[str, Errors]
    sheet: str = ""
    row: int = -1
    column: int = -1
    height: int = 1
    width: int = 1
    text: list[str] | None = None
    """The text of the cell that is read, where it may be an error."""
    failed: bool = False
    is_formula: bool = False
    shows: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note where a row or a cell stands."""
        stated = {key.rpartition(":")[2]: value for key, value in attributes.items() if not key.startswith("calcext:")}
        match name.rpartition(":")[2]:
            case "table":
                self.sheet, self.row, self.height = stated.get("name", ""), -1, 1
            case "row" | "table-row":
                self.row = int(stated["r"]) - 1 if "r" in stated else self.row + self.height
                self.height, self.column, self.width = int(stated.get("number-rows-repeated", 1)), -1, 1
            case "c" | "table-cell" | "covered-table-cell":
                self.column = column_of(stated["r"]) if "r" in stated else self.column + self.width
                self.width = int(stated.get("number-columns-repeated", 1))
                self.failed = stated.get("t") == "e" or attributes.get("calcext:value-type") == "error"
                self.is_formula = False
                may_fail = name.endswith("c") and stated.get("t") != "str"  # a text may be empty
                self.text = [] if self.failed or may_fail else None
            case "f":
                self.is_formula = True
            case "v" | "p":
                self.shows = self.text is not None

    @property
    def _has_no_value(self) -> bool:
        return self.failed or (self.is_formula and not "".join(self.text or ()).strip())

    def characters(self, text: str) -> None:
        """Keep the text of an error."""
        if self.shows and self.text is not None:
            self.text.append(text)

    def end(self, name: str) -> None:
        """Keep an error with its place."""
        match name.rpartition(":")[2]:
            case "v" | "p":
                self.shows = False
            case "c" | "table-cell" | "covered-table-cell" if self.text is not None and self._has_no_value:
                shown = _KNOWN.match("".join(self.text))
                for row in range(self.row, self.row + min(self.height, _MOST_REPEATED)):
                    cells = self.by_sheet.setdefault(self.sheet, {}).setdefault(row, {})
                    for column in range(self.column, self.column + min(self.width, _MOST_REPEATED)):
                        cells[column] = shown[0] if shown else _NOT_COMPUTED
                self.text = None


def column_of(reference: str) -> int:
    """Return the place of a column, counted from 0, by a reference such as B7."""
    number = 0
    for letter in reference:
        if not letter.isalpha():
            break
        number = 26 * number + ord(letter.upper()) - 64
    return number - 1


def error_cells(workbook: Path, names: list[str]) -> dict[str, Errors]:
    """Return the errors of the named sheets."""
    found: dict[str, Errors] = {}
    with zipfile.ZipFile(workbook) as archive:
        if _ODS_PART in archive.namelist():
            _read(archive, _ODS_PART, _Reader(found))
        else:
            parts = sheet_parts(archive)
            for name in names:
                _read(archive, parts[name], _Reader(found, name))
    return found


def _read(archive: zipfile.ZipFile, part: str, reader: _Reader) -> None:
    with archive.open(part) as source:  # most files have no error, which is quickly seen
        rest, has_errors, signs = b"", False, _SIGNS[part == _ODS_PART]
        while not has_errors and (step := source.read(_STEP)):
            has_errors = any(sign in step or sign in rest + step[:8] for sign in signs)
            rest = step[-8:]
    if has_errors:
        with archive.open(part) as source:
            parse(source, reader.start, reader.end, reader.characters)


def parse(
    source: IO[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    characters: Callable[[str], None] | None = None,
) -> None:
    """Read XML piece by piece."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.ParseFile(source)


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

    with archive.open("xl/_rels/workbook.xml.rels") as source:
        parse(source, relation)
    with archive.open("xl/workbook.xml") as source:
        parse(source, sheet)
    parts = {name: targets[key] for name, key in sheets.items()}
    return {name: target.lstrip("/") if target.startswith("/") else f"xl/{target}" for name, target in parts.items()}
