"""Write the stock list of one workbook as tab-separated text, in a process of its own with little memory and time.

Started by `pipelines.feeds.readers.workbook.convert`: it imports nothing of the platform but its neighbours, so that it
starts quickly, and whatever a workbook does to the library stays in it. Formulas are never computed and macros never
run: the values that the sender's program stored are read.
"""

import csv
import json
import zipfile
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import error_cells as errors_of
from . import hidden_rows as hidden_of
from . import number_formats as units_of
from .cell_text import cell_text
from .header_lines import Row
from .tables import HIDDEN, Table, chosen_tables, read_table, reason_left_out
from .xml_parts import Signs, WorkbookParts

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_XLSX_SIGNS: Signs = {errors_of.ERRORS: errors_of.may_fail, hidden_of.HIDDEN_ROWS: hidden_of.may_hide}
_ODS_SIGNS: Signs = {
    errors_of.ERRORS: partial(errors_of.may_fail, is_ods=True),
    hidden_of.HIDDEN_ROWS: partial(hidden_of.may_hide, is_ods=True),
    units_of.CURRENCIES: units_of.may_name_currency,
}
_MOST_LINES = 50
"""More lines in one row are joined: the reader of text takes a longer row for a quote that was never closed."""


def made(folder: Path) -> dict[str, Any]:
    """Convert `workbook` in the folder into `list.tsv`; `names.json` has the names of known columns."""
    try:
        return write_list(folder, set(json.loads((folder / "names.json").read_text())))
    except MemoryError:
        return {"refused": "spreadsheet_too_large"}
    except Exception as error:  # noqa: BLE001  # the library raises whatever it likes at damaged files
        locked = type(error).__name__ == "PasswordError"
        return {"refused": "spreadsheet_file" if locked else "spreadsheet_damaged"}


def write_list(folder: Path, names: set[str]) -> dict[str, Any]:
    """Write the tables that belong together, one header above all rows."""
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(str(folder / "workbook")) as book:
        shown, hidden = _sheets(book)
        tables = [read_table(book.get_sheet_by_name(name), names) for name in shown]
        chosen = chosen_tables(tables)
        if not chosen:
            return {"refused": "no_rows"}
        left_out = [
            (table.sheet.name, rows, reason_left_out(table, chosen[0]))
            for table in tables
            if table not in chosen and (rows := _count(table))
        ]
        counts = {name: _count(read_table(book.get_sheet_by_name(name), names)) for name in hidden}
        left_out += [(name, rows, HIDDEN) for name, rows in counts.items() if rows]
    read = [table.sheet.name for table in chosen]
    with zipfile.ZipFile(folder / "workbook") as archive:  # for what the library does not tell of
        workbook = WorkbookParts(archive, _XLSX_SIGNS, _ODS_SIGNS)
        errors, units = errors_of.error_cells(workbook, read), units_of.shown_units(workbook, read)
        hidden_counts = hidden_of.hidden_rows(workbook, read)
    marked = [
        replace(table, errors=errors.get(table.sheet.name, {}), units=units.get(table.sheet.name, {}))
        for table in chosen
    ]
    _write(folder / "list.tsv", marked)
    return {"left_out": left_out, "hidden_rows": list(hidden_counts.items())}


def _write(path: Path, tables: list[Table]) -> None:
    rows = chain.from_iterable(table.rows() for table in tables)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter="\t", lineterminator="\n")
        if (header := tables[0].header) is not None:
            writer.writerow(" ".join(str(cell).split()) for cell in header)
        writer.writerows(_written(row) for row in rows)


def _count(table: Table) -> int:
    return sum(1 for _ in table.rows())


def _sheets(book: "CalamineWorkbook") -> tuple[list[str], list[str]]:
    """Return the names of the sheets of cells that a person sees, and of the hidden ones; all, where none is seen."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    cells = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    shown = [each.name for each in cells if each.visible == SheetVisibleEnum.Visible]
    names = [each.name for each in cells]
    return (shown, [name for name in names if name not in shown]) if shown else (names, [])


def _written(row: Row) -> list[str]:
    cells = [cell if type(cell) is str else cell_text(cell) for cell in row]
    if "".join(cells).count("\n") > _MOST_LINES:
        return [cell.replace("\n", " ") for cell in cells]
    return cells
