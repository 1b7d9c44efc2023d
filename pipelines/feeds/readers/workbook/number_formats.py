"""Find the cells of a workbook whose format shows a currency or a unit beside the number: USD, lacs, miles."""

import re
import zipfile
from dataclasses import dataclass, field
from typing import Final

from .xml_parts import MOST_REPEATED, ODS_PART, WorkbookParts, column_of, read_xml

Units = dict[int, dict[int, str]]
"""The words by row and column, both counted from 0."""
CURRENCIES: Final = "currencies"
_FOREIGN = re.compile(
    r"US\$|[$€£¥₹]|\b(?:USD|EUR|GBP|AED|SAR|QAR|OMR|KWD|BHD|JPY|INR|CAD|AUD|NZD|SGD|MYR|HKD|CHF|CNY|RMB)\b",
    re.IGNORECASE,
)
_BUILT_IN = dict.fromkeys(("5", "6", "7", "8", "42", "44"), "$")
"""Formats of currency that every program has: "$#,##0" by the standard, though each shows its user's own currency.

Where a file states no code for them, no currency is known, and none is guessed."""
_UNIT = re.compile(
    r"\b(?:lacs?|lakhs?|crores?|cr|millions?|mn|thousands?|miles?|mi|kms?|kwh)\b|لاکھ|کروڑ|ہزار|میل", re.IGNORECASE
)
_THOUSANDS = re.compile(r"(?<![\d,.])(?:['’`,]?000|[x×*]?\s?1,?000)(?![\d,.])", re.IGNORECASE)
_SYMBOL = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]|\"([^\"]*)\"|\\(.)|([$€£¥₹])")
_HIDDEN = re.compile(r"\[[^\]]*\]|\"[^\"]*\"|\\.")
_DIGIT = re.compile(r"[0#?]|General")


def shown_words(code: str) -> str:
    """Return the foreign currency or the unit that a number format shows with the number, or nothing.

    A unit stands behind the number. One of a format that divides the number first (`0.0,,"m"`) is none of the number.

    >>> shown_words('[$USD] #,##0'), shown_words('[$¥-411]#,##0'), shown_words('0.0" lacs"'), shown_words('"PKR" #,##0')
    ('USD', '¥', 'lacs', '')
    >>> shown_words('0.0,,"million"'), shown_words('"CR-"0000')
    ('', '')
    """
    section = code.split(";")[0]
    if found := _FOREIGN.search(_shown(section)):
        return found[0]
    digits = list(_DIGIT.finditer(_HIDDEN.sub(lambda part: " " * len(part[0]), section)))
    behind = section[digits[-1].end() :] if digits else ""
    found = None if behind.startswith(",") else _UNIT.search(_shown(behind))
    return found[0] if found else ""


def may_name_currency(text: bytes) -> bool:
    """Tell whether any cell in a piece of an .ods may state its currency; in an .xlsx the styles do."""
    return b"office:currency=" in text


def unit_in(text: str) -> str:
    """Return the foreign currency or the unit that a text names, or nothing: "(km)", "(Rs. Lacs)", "('000 km)".

    >>> unit_in("('000 miles)"), unit_in("(x1000 km)"), unit_in("(Rs)")
    ('thousand miles', 'thousand km', '')
    """
    found = _FOREIGN.search(text) or _UNIT.search(text)
    unit = found[0] if found else ""
    return f"thousand {unit}".strip() if _THOUSANDS.search(text) and not _FOREIGN.search(text) else unit


def _shown(code: str) -> str:
    return " ".join("".join(each) for each in _SYMBOL.findall(code))


@dataclass
class _Xlsx:
    """Follow the cells of a sheet that have one of the styles."""

    styles: dict[str, str]
    found: Units = field(default_factory=dict)
    row: int = -1
    column: int = -1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note a cell with one of the styles."""
        match name.rpartition(":")[2]:
            case "row":
                self.row, self.column = int(attributes["r"]) - 1 if "r" in attributes else self.row + 1, -1
            case "c":
                self.column = column_of(attributes["r"]) if "r" in attributes else self.column + 1
                if words := self.styles.get(attributes.get("s", "")):
                    self.found.setdefault(self.row, {})[self.column] = words


@dataclass
class _Ods:
    """Follow the cells of all sheets, which state their currency."""

    found: dict[str, Units] = field(default_factory=dict)
    sheet: str = ""
    row: int = -1
    height: int = 1
    column: int = -1
    width: int = 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note a cell of a foreign currency."""
        stated = {key.rpartition(":")[2]: value for key, value in attributes.items() if not key.startswith("calcext:")}
        match name.rpartition(":")[2]:
            case "table":
                self.sheet, self.row, self.height = stated.get("name", ""), -1, 1
            case "table-row":
                self.row, self.column, self.width = self.row + self.height, -1, 1
                self.height = int(stated.get("number-rows-repeated", 1))
            case "table-cell" | "covered-table-cell":
                self.column, self.width = self.column + self.width, int(stated.get("number-columns-repeated", 1))
                if _FOREIGN.fullmatch(currency := stated.get("currency", "")):
                    rows = self.found.setdefault(self.sheet, {})
                    for row in range(self.row, self.row + min(self.height, MOST_REPEATED)):
                        for column in range(self.column, self.column + min(self.width, MOST_REPEATED)):
                            rows.setdefault(row, {})[column] = currency


def shown_units(workbook: WorkbookParts, names: list[str]) -> dict[str, Units]:
    """Return the currencies and units that cells of the named sheets show; most workbooks have none."""
    if workbook.is_ods:
        reader = _Ods()
        if workbook.hold(ODS_PART, CURRENCIES):
            read_xml(workbook.archive, ODS_PART, reader.start)
        return reader.found
    found = {}
    if styles := _styles(workbook.archive):
        for name in names:
            sheet = _Xlsx(styles)
            read_xml(workbook.archive, workbook.of_sheets[name], sheet.start)
            found[name] = sheet.found
    return found


def _styles(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the words that cells of a style show, by the style's number."""
    part = next((name for name in archive.namelist() if name.lower().endswith("xl/styles.xml")), None)
    if part is None:
        return {}
    words = dict(_BUILT_IN)
    styles: dict[str, str] = {}
    inside, count = "", 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside, count
        match tag.rpartition(":")[2]:
            case "cellXfs" | "cellStyleXfs" | "dxfs":
                inside = tag.rpartition(":")[2]
            case "numFmt" if inside != "dxfs":
                words[attributes.get("numFmtId", "")] = shown_words(attributes.get("formatCode", ""))
            case "xf" if inside == "cellXfs":
                if known := words.get(attributes.get("numFmtId", "")):
                    styles[str(count)] = known
                count += 1

    read_xml(archive, part, start)
    return styles
