"""Count the rows with cells that a person does not see: dealers hide sold cars by a filter instead of deleting them."""

from dataclasses import dataclass, field
from typing import Final

from .xml_parts import MOST_REPEATED, ODS_PART, WorkbookParts, read_xml

HIDDEN_ROWS: Final = "hidden_rows"


def may_hide(text: bytes, *, is_ods: bool = False) -> bool:
    """Tell whether any row in a piece of a part may be hidden."""
    return (b"table:visibility=" if is_ods else b"hidden=") in text


@dataclass
class _Reader:
    """Follow the rows of a sheet."""

    counts: dict[str, int] = field(default_factory=dict)
    sheet: str = ""
    height: int = 0
    """Rows that the open one stands for, where it is hidden."""
    filled: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note a hidden row, and whether a cell of it shows anything."""
        stated = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        match name.rpartition(":")[2]:
            case "table":
                self.sheet = stated.get("name", "")
            case "row" | "table-row":
                hidden = stated.get("hidden") in ("1", "true") or stated.get("visibility") in ("collapse", "filter")
                repeated = int(stated.get("number-rows-repeated", 1))
                self.height, self.filled = (min(repeated, MOST_REPEATED) if hidden else 0), False
            case "v" | "is" | "p":
                self.filled = True

    def end(self, name: str) -> None:
        """Count a hidden row that has a cell."""
        if name.rpartition(":")[2] in ("row", "table-row") and self.height and self.filled:
            self.counts[self.sheet] = self.counts.get(self.sheet, 0) + self.height


def hidden_rows(workbook: WorkbookParts, names: list[str]) -> dict[str, int]:
    """Return the number of hidden rows of those of the named sheets that have any."""
    if workbook.is_ods:
        found = _read(workbook, ODS_PART, _Reader())
        return {name: found[name] for name in names if name in found}
    counts: dict[str, int] = {}
    for name in names:
        counts |= _read(workbook, workbook.of_sheets[name], _Reader(sheet=name))
    return counts


def _read(workbook: WorkbookParts, part: str, reader: _Reader) -> dict[str, int]:
    if workbook.hold(part, HIDDEN_ROWS):  # most sheets hide nothing, which is quickly seen
        read_xml(workbook.archive, part, reader.start, reader.end)
    return reader.counts
