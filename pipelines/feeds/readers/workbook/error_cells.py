"""Find the cells of a workbook whose formula failed or was never computed: the library reads them as empty ones."""

import re
from dataclasses import dataclass
from typing import Final

from .xml_parts import MOST_REPEATED, ODS_PART, WorkbookParts, column_of, read_xml

Errors = dict[int, dict[int, str]]
"""The errors by row and column, both counted from 0."""
_KNOWN = re.compile(r"#(?:N/A|[A-Z0/]+[!?])")
_NOT_COMPUTED = "#VALUE!"
ERRORS: Final = "errors"
_NO_VALUE = (b"</f></c", b"</f><v/", b"</f><v /", b"</f><v></")


def may_fail(text: bytes, *, is_ods: bool = False) -> bool:
    """Tell whether any cell in a piece of a part may be an error, or a formula without a value.

    Programs other than Excel write these, so that Excel computes them. Few sheets have formulas, so the four signs of
    one without a value are looked for behind one.
    """
    if is_ods:
        return b'="error"' in text or b"='error'" in text
    return b'"e"' in text or b"'e'" in text or (b"</f>" in text and any(sign in text for sign in _NO_VALUE))


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
                for row in range(self.row, self.row + min(self.height, MOST_REPEATED)):
                    cells = self.by_sheet.setdefault(self.sheet, {}).setdefault(row, {})
                    for column in range(self.column, self.column + min(self.width, MOST_REPEATED)):
                        cells[column] = shown[0] if shown else _NOT_COMPUTED
                self.text = None


def error_cells(workbook: WorkbookParts, names: list[str]) -> dict[str, Errors]:
    """Return the errors of the named sheets."""
    found: dict[str, Errors] = {}
    if workbook.is_ods:
        _read(workbook, ODS_PART, _Reader(found))
    else:
        for name in names:
            _read(workbook, workbook.of_sheets[name], _Reader(found, name))
    return found


def _read(workbook: WorkbookParts, part: str, reader: _Reader) -> None:
    if workbook.hold(part, ERRORS):  # most files have no error, which is quickly seen
        read_xml(workbook.archive, part, reader.start, reader.end, reader.characters)
