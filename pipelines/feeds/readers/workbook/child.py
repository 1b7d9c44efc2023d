"""Write the stock list of one workbook as tab-separated text, in a process of its own with little memory and time.

Started by `pipelines.feeds.readers.workbook.convert` as a plain script: it imports nothing of the platform, so that it
starts quickly, and whatever a workbook does to the library stays in it. Formulas are never computed and macros never
run: the values that the sender's program stored are read.
"""

import csv
import json
import os
import re
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

Row = list[Any]
_HEAD = 40
"""A header is looked for in so many rows from the first one on."""
_SURE_NAMES = 3
_MOST_LINES = 50
"""More lines in one row are joined: the reader of text takes a longer row for a quote that was never closed."""
_EXACT = 10**15
"""Excel keeps 15 digits of a number; larger ones are written as it shows them, so that no key is made of them."""
_GONE = re.compile(
    r"sold|archive|delivered|history|\bold\b|deleted|removed|withdrawn|backup|template|sample|example|فروخت",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"\(.*\)|\[.*\]|km|kms|mi|miles|pkr|rs\.?|rupees|lacs?|lakhs?|crores?|million|cc|yyyy|date", re.IGNORECASE
)


@dataclass(frozen=True)
class Table:
    """One sheet's list: `header` is None where no row names known columns, and each row is then one of the list."""

    sheet: "CalamineSheet"
    names: int
    header: Row | None
    as_written: Row | None
    """The header's first line: where it is repeated further down, it is no car."""
    above: int
    """Number of filled rows above the first car."""

    def rows(self) -> Iterator[Row]:
        """Yield the rows of the list; they are made anew each time, since all of them would take much memory."""
        return (row for row in islice(filled_rows(self.sheet), self.above, None) if row != self.as_written)


def filled_rows(sheet: "CalamineSheet") -> Iterator[Row]:
    """Yield the rows that are not blank."""
    rows = iter(()) if sheet.start is None else sheet.iter_rows()
    return (row for row in rows if any(cell not in ("", None) for cell in row))


def header_name(cell: object) -> str:
    """Return a header as it is compared: letters and digits alone."""
    return re.sub(r"[\W_]+", "", str(cell).replace("#", "no").casefold())


def main() -> int:
    """Convert `<folder>/workbook` into `<folder>/list.tsv`; the memory, the seconds and the bytes to write follow."""
    folder, (memory, seconds, written) = Path(sys.argv[1]), map(int, sys.argv[2:5])
    os.nice(5)  # the API goes first
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: written,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
    }
    for name, most in limits.items():
        resource.setrlimit(name, (most, most))
    try:
        made = write_list(folder, set(json.loads((folder / "names.json").read_text())))
    except MemoryError:
        made = {"refused": "spreadsheet_too_large"}
    except Exception as error:  # noqa: BLE001  # the library raises whatever it likes at damaged files
        locked = type(error).__name__ == "PasswordError"
        made = {"refused": "spreadsheet_file" if locked else "spreadsheet_damaged"}
    (folder / "made.json").write_text(json.dumps(made))
    return 0


def write_list(folder: Path, names: set[str]) -> dict[str, Any]:
    """Write the tables that belong together, one header above all rows."""
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(str(folder / "workbook")) as book:
        chosen = chosen_tables([read_table(sheet, names) for sheet in _sheets(book)])
    if not chosen:
        return {"refused": "no_rows"}
    rows = chain.from_iterable(table.rows() for table in chosen)
    with (folder / "list.tsv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter="\t", lineterminator="\n")
        if (header := chosen[0].header) is not None:
            writer.writerow(" ".join(str(cell).split()) for cell in header)
        writer.writerows(_written(row) for row in rows)
    return {"sheets": [table.sheet.name for table in chosen]}


def _sheets(book: "CalamineWorkbook") -> Iterator["CalamineSheet"]:
    """Yield the sheets of cells that a person sees; hidden ones only where there is no other."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    cells = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    visible = [each for each in cells if each.visible == SheetVisibleEnum.Visible]
    for each in visible or cells:
        yield book.get_sheet_by_name(each.name)


def read_table(sheet: "CalamineSheet", names: set[str]) -> Table:
    """Find the header of a sheet, below titles and over one or two lines."""
    head = list(islice(filled_rows(sheet), _HEAD))
    found = [sum(header_name(cell) in names for cell in row if cell) for row in head]
    best = max(found, default=0)
    if best < min(_SURE_NAMES, len(names)) or not head:
        return Table(sheet, 0, None, None, 0)
    place = found.index(best)
    upper, lower = head[place], head[place + 1 : place + 2]
    if lower and _is_second_line(upper, lower[0]):
        return Table(sheet, best, _joined_lines(upper, lower[0], names), upper, place + 2)
    return Table(sheet, best, upper, upper, place + 1)


def _joined_lines(header: Row, below: Row, names: set[str]) -> Row:
    """Join a second line of the header, which names units or the parts of a wider cell ("Price": "Cash", "Rent")."""
    joined, group = [], ""
    for upper, lower in zip(header, below, strict=True):
        group = upper or (group if lower else "")
        both = f"{group} {lower}".strip() if lower else upper
        joined.append(lower if header_name(both) not in names and header_name(lower) in names else both)
    return joined


def _is_second_line(header: Row, below: Row) -> bool:
    filled = [place for place, cell in enumerate(below) if cell not in ("", None)]
    return bool(filled) and all(_belongs_to_header(header, below, place) for place in filled)


def _belongs_to_header(header: Row, below: Row, place: int) -> bool:
    cell = below[place]
    if not isinstance(cell, str) or re.search(r"\d", cell):
        return False
    wide = place + 1 < len(header) and not header[place + 1] and bool(below[place + 1])
    return not header[place] or wide or _UNIT.fullmatch(cell.strip()) is not None


def chosen_tables(tables: list[Table]) -> list[Table]:
    """Return the table with the most known columns, then rows, and those with the same header; none of sold cars."""
    filled = [table for table in tables if next(table.rows(), None) is not None]
    current = [table for table in filled if not _GONE.search(table.sheet.name)] or filled
    best = max(current, key=lambda table: (table.names, table.sheet.height), default=None)
    if best is None or best.header is None:
        return [] if best is None else [best]
    return [table for table in current if table is best or table.header == best.header]


def _written(row: Row) -> list[str]:
    cells = [cell if type(cell) is str else cell_text(cell) for cell in row]
    if "".join(cells).count("\n") > _MOST_LINES:
        return [cell.replace("\n", " ") for cell in cells]
    return cells


def cell_text(cell: object) -> str:
    """Return a cell as a person sees it: whole numbers without a point, dates in the order of ISO 8601 with a time.

    The time marks a date as one that the program stored: a key such as 3-12 that it took for a day is refused.
    """
    if isinstance(cell, float):
        if abs(cell) >= _EXACT:
            return f"{cell:.14e}"
        return str(int(cell)) if cell.is_integer() else f"{cell:.15g}"
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    return f"{cell.isoformat()} 00:00:00" if isinstance(cell, date) else str(cell or "")


if __name__ == "__main__":
    sys.exit(main())
