"""Find the tables of a workbook's sheets, and choose those that are the stock list."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from .cell_text import cell_text
from .error_cells import Errors
from .header_lines import Row, header_name, is_second_line, joined_lines, known_count
from .number_formats import Units

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

HIDDEN, NAMED, OTHER_COLUMNS, LIKE_STOCK = "hidden", "named", "other_columns", "like_stock"
"""The reasons for which a sheet is left out: keys of `unread_columns.SHEET_REASONS`."""
Spread = dict[int, dict[int, bool]]
_TALLEST = 10_000
"""Rows of the tallest merged cell that is spread."""
_HEAD = 40
"""A header is looked for in so many rows from the first one on."""
_SURE_NAMES = 3
_GONE = re.compile(
    r"sold|archive|delivered|history|\bold\b|deleted|removed|withdrawn|backup|template|sample|example|فروخت",
    re.IGNORECASE,
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
    errors: Errors = field(default_factory=dict)
    """Cells whose formula failed; they are looked for in tables that are chosen."""
    units: Units = field(default_factory=dict)
    """Currencies and units that cells show beside their number; as the errors."""

    @property
    def filled(self) -> bool:
        """Whether the list has rows."""
        return next(self.rows(), None) is not None

    @property
    def is_named_gone(self) -> bool:
        """Whether the sheet is named as one of sold cars, of an earlier time, or of examples."""
        return _GONE.search(self.sheet.name) is not None

    def rows(self) -> Iterator[Row]:
        """Yield the rows of the list; they are made anew each time, since all of them would take much memory."""
        rows = filled_rows(self.sheet, self.errors, self.units, _spread(self.sheet))
        return (row for row in islice(rows, self.above, None) if row != self.as_written)


def filled_rows(
    sheet: "CalamineSheet", errors: Errors | None = None, units: Units | None = None, spread: Spread | None = None
) -> Iterator[Row]:
    """Yield the rows that are not blank; a cell that is merged over several rows stands in each of them."""
    rows = iter(()) if sheet.start is None else sheet.iter_rows()
    if sheet.start is None or not (errors or units or spread):
        return (row for row in rows if _is_filled(row))
    return _as_shown(rows, sheet.start, (errors or {}, units or {}, spread or {}))


def _is_filled(row: Row) -> bool:
    return any(row) or any(cell not in ("", None) for cell in row)  # a zero is filled


def _as_shown(rows: Iterator[Row], start: tuple[int, int], marks: tuple[Errors, Units, Spread]) -> Iterator[Row]:
    """Yield the filled rows with errors, currencies, units and merged cells where a person sees them."""
    (top, left), (errors, units, spread) = start, marks
    held: dict[int, Any] = {}
    for place, row in enumerate(rows, start=top):
        for column, error in errors.get(place, {}).items():
            if 0 <= (at := column - left) < len(row):
                row[at] = error
        for column, words in units.get(place, {}).items():
            if 0 <= (at := column - left) < len(row) and type(row[at]) in (int, float):
                row[at] = f"{cell_text(row[at])} {words}"
        own = sum(cell not in ("", None) for cell in row)
        merged = spread.get(place, {})
        is_note = 2 * own < sum(not first for first in merged.values())  # below a car that has two lines
        for column, first in merged.items():
            if 0 <= (at := column - left) < len(row):
                held[column] = row[at] if first else held.get(column, "")
                row[at] = row[at] if is_note else held[column]
        if own:
            yield row


def _spread(sheet: "CalamineSheet") -> Spread:
    """Return the cells that are merged over several rows: by row and column, whether it is the first of them."""
    found: Spread = {}
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        for row in range(top, bottom + 1) if top < bottom <= top + _TALLEST else ():
            found.setdefault(row, {})[left] = row == top
    return found


def read_table(sheet: "CalamineSheet", names: set[str]) -> Table:
    """Find the header of a sheet, below titles and over one or two lines."""
    head = list(islice(filled_rows(sheet), _HEAD))
    found = [known_count(row, names) for row in head]
    best = max(found, default=0)
    if best < min(_SURE_NAMES, len(names)) or not head:
        return Table(sheet, 0, None, None, 0)
    place = found.index(best)
    upper, lower = head[place], head[place + 1 : place + 2]
    if lower and is_second_line(upper, lower[0], names):
        joined = joined_lines(upper, lower[0], names)
        if known_count(joined, names) >= best:
            return Table(sheet, best, joined, upper, place + 2)
        # A line of units below known names stays a line: the reader of text writes the units beside the cells.
    return Table(sheet, best, upper, upper, place + 1)


def chosen_tables(tables: list[Table]) -> list[Table]:
    """Return the table with the most known columns, then rows, and those with the same header; none of sold cars."""
    current = [table for table in tables if not table.is_named_gone]
    if not any(table.filled or table.header is not None for table in current):
        current = tables
    filled = [table for table in current if table.filled]
    best = max(filled, key=lambda table: (table.names, table.sheet.height), default=None)
    if best is None or best.header is None:
        return [] if best is None else [best]
    names = list(map(header_name, best.header))
    return [table for table in filled if table.header is not None and list(map(header_name, table.header)) == names]


def reason_left_out(table: Table, best: Table) -> str:
    """Say why a visible sheet is no part of the list that `best` begins."""
    if table.is_named_gone:
        return NAMED
    same_width = best.header is None and table.sheet.width == best.sheet.width
    return LIKE_STOCK if table.header is not None or same_width else OTHER_COLUMNS
