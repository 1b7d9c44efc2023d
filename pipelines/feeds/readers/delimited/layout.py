"""Find where the wanted columns of a delimited file are: by the names in its header, or as the mapping states."""

import csv
import re
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field, replace

from core.errors import RefusedFileError
from core.observability.redaction import mask_contacts
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.readers.encoding import UNDECODED
from pipelines.feeds.readers.workbook.header_lines import header_name, is_second_line, joined_lines
from pipelines.feeds.readers.workbook.number_formats import unit_in
from pipelines.feeds.reject_codes import PHONE_MASK, PHONE_PATTERN

DELIMITERS = (",", "\t", ";", "|")
_SAMPLE_LINES = 200
_HEADER_WORDS = 3
"""A first line with at least this many mapped column names is a header, even under a mapping without header."""
_TITLE_LINES = 20
"""A header is looked for in so many lines from the first one on."""


@dataclass(frozen=True)
class Layout:
    """State how to split lines into cells: `positions` has one place for a column, or several for a repeated column."""

    positions: dict[str, tuple[int, ...]]
    width: int
    delimiter: str
    start: int
    """The line of the first record."""
    least: int | None = None
    """Cells without which a row is none; None: all. The cells after them may be left out where they are empty."""
    year: int | None = None
    """The place of the model year, by which the next line is known for a row."""
    other_columns: tuple[str, ...] = ()
    """Names of the header that the mapping does not read."""
    units: dict[str, str] = field(default_factory=dict)
    """Units and currencies that a line below the header gives to columns of prices and mileages."""
    header: frozenset[str] = frozenset()
    """The lines of the header, which are passed over where they stand again between rows."""

    @property
    def form(self) -> str:
        """Return everything by which the same line would be read as other cells."""
        columns = sorted(self.positions.items()), self.width, self.delimiter
        return repr((*columns, sorted(self.units.items()), sorted(self.header)))


def split_cells(text: str, delimiter: str, *, strict: bool) -> list[str] | None:
    """Return the cells of exactly one record, or None where the quoting does not allow it."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=strict))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def header_key(name: str) -> str:
    """Return a header name as it is compared: without case, quotes and surplus spaces."""
    return re.sub(r"\s+", " ", name).strip(" \t\"'\ufeff\u200b").casefold()


def _first_line(lines: list[str]) -> int:
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if re.fullmatch(r"sep=.", lines[first].strip(), re.IGNORECASE) and first + 1 < len(lines):
        first += 1  # a hint that Excel writes for itself
    return first


_MOST_HEADER_LINES = 12
_NO_NAME = ("", "-", "--", ".")


def header_record(lines: list[str], place: int) -> tuple[str, int]:
    """Return the header that begins at a line, with the lines that its quoted names go on to, and their number."""
    text = lines[place]
    for used in range(1, min(_MOST_HEADER_LINES, len(lines) - place) + 1):
        text = "\n".join(lines[place : place + used])
        if text.count('"') % 2 == 0:
            return text, used
    return lines[place], 1


@dataclass(frozen=True)
class _Header:
    """A line read as a header: how many wanted names it has under the delimiter that shows the most."""

    place: int
    """Its last line."""
    found: int
    cells: list[str]
    delimiter: str
    units: dict[int, str] = field(default_factory=dict)
    """The units that the line below gives to its columns, by their places."""


def _as_header(lines: list[str], place: int, names: dict[str, str], delimiters: tuple[str, ...]) -> _Header:
    read = []
    text, used = header_record(lines, place)
    for delimiter in delimiters:
        cells = split_cells(text, delimiter, strict=False) or [text]
        read.append(_Header(place + used - 1, len(names.keys() & set(map(header_key, cells))), cells, delimiter))
    return max(read, key=lambda header: (header.found, len(header.cells)))


def header_with_next(
    lines: list[str], place: int, cells: list[str], delimiter: str, names: Container[str]
) -> list[str]:
    """Return the header joined with the next line where that goes on with it, else an empty list."""
    below = split_cells(lines[place], delimiter, strict=False) if place < len(lines) else None
    if not below or len(below) > len(cells) + 1:
        return []
    width = max(len(cells), len(below))
    upper = [" ".join(cell.split()) for cell in cells] + [""] * (width - len(cells))
    lower = ["" if cell.strip() in _NO_NAME else " ".join(cell.split()) for cell in below] + [""] * (width - len(below))
    return joined_lines(upper, lower, names) if is_second_line(upper, lower, names) else []


def _with_second_line(lines: list[str], header: _Header, mapping: Mapping) -> _Header:
    """Return the header with the line below it, where that has more of the wanted names or is one of units.

    A wanted name keeps to itself, and its unit beside it: a mapping that reads `Mileage` reads it over "(mi)", too.
    """
    wanted = {header_name(name) for name in mapping.source_columns()}
    joined = header_with_next(lines, header.place + 1, header.cells, header.delimiter, wanted)
    if not joined:
        return header
    found, alone = (len({header_name(cell) for cell in each} & wanted) for each in (joined, header.cells))
    upper = [*header.cells, *[""] * (len(joined) - len(header.cells))]
    kept = [
        header_name(one) in wanted and header_name(both) not in wanted for one, both in zip(upper, joined, strict=True)
    ]
    below = split_cells(lines[header.place + 1], header.delimiter, strict=False) or []
    units = {place: unit for place, cell in enumerate(below) if kept[place] and (unit := unit_in(cell))}
    mixed = [one if keeps else both for one, both, keeps in zip(upper, joined, kept, strict=True)]
    cells = mixed if found > alone else header.cells
    return replace(header, place=header.place + 1, cells=cells, units=units)


def _amounts(mapping: Mapping) -> set[str]:
    """Return the columns whose numbers may have a unit."""
    sources = (mapping.columns[name] for name in ("price", "mileage") if name in mapping.columns)
    return {column for source in sources for column in source.columns}


def _header(lines: list[str], mapping: Mapping, names: dict[str, str]) -> _Header:
    """Return the first line, or one of the next with more wanted names: titles may stand above the table."""
    delimiters = (mapping.delimiter,) if mapping.delimiter else DELIMITERS
    first = _first_line(lines)
    header = _as_header(lines, first, names, delimiters)
    if header.found >= _HEADER_WORDS:
        return header
    below = (place for place in range(first + 1, min(first + _TITLE_LINES, len(lines))) if lines[place].strip())
    others = [_as_header(lines, place, names, delimiters) for place in below]
    best = max(others, key=lambda other: other.found, default=header)
    return best if best.found >= _HEADER_WORDS else header


def _by_names(lines: list[str], mapping: Mapping) -> Layout:
    """Find the layout by the header."""
    names = {header_key(name): name for name in mapping.source_columns()}
    first = _header(lines, mapping, names)
    best = _with_second_line(lines, first, mapping)
    repeated = frozenset(lines[first.place : best.place + 1])
    width, header, delimiter = len(best.cells), best.cells, best.delimiter
    positions: dict[str, tuple[int, ...]] = {}
    for position, cell in enumerate(header):
        name = names.get(header_key(cell))
        if name is not None and (name not in positions or name in mapping.repeated_columns()):
            positions[name] = (*positions.get(name, ()), position)
    if not positions:
        shown = re.sub(PHONE_PATTERN, PHONE_MASK, mask_contacts(UNDECODED.sub("?", ", ".join(header))))[:200]
        raise RefusedFileError(
            f"The first row has none of the columns of this mapping; it reads: {shown!r}."
            " Send the file with its header, or choose another mapping.",
            code="missing_columns",
        )
    others = tuple(" ".join(cell.split()) for cell in header if cell.strip() and header_key(cell) not in names)
    amounts = positions.keys() & _amounts(mapping)
    units = {name: unit for name in amounts if (unit := best.units.get(positions[name][0]))}
    return Layout(positions, width, delimiter, best.place + 1, *_least(mapping, positions), others, units, repeated)


_MUST_BE_WRITTEN = (
    "title", "make", "model", "model_year", "price", "price_unit", "currency", "mileage_unit", "availability",
    "visibility", "channels", "kind",
)  # fmt: skip
"""Fields whose cell decides whether, how or to whom a car is shown: a row that ends before it is not understood."""


def _least(mapping: Mapping, positions: dict[str, tuple[int, ...]]) -> tuple[int, int | None]:
    """Return how many cells a row must have, and the place of the model year."""
    fields = mapping.columns
    sources = [*mapping.key, *(fields[name] for name in _MUST_BE_WRITTEN if name in fields)]
    places = [place for source in sources for column in source.columns for place in positions.get(column, ())]
    years = fields["model_year"].columns if "model_year" in fields else ()
    return max(places, default=0) + 1, next((positions[name][0] for name in years if name in positions), None)


def _usual_width(lines: list[str], delimiter: str) -> int:
    """Return the commonest number of cells of the first lines; a bad first row must not make the others bad."""
    widths: Counter[int] = Counter()
    for line in lines[:_SAMPLE_LINES]:
        cells = split_cells(line, delimiter, strict=True) if line.strip() else None
        if cells is not None:
            widths[len(cells)] += 1
    return max(widths, key=lambda width: (widths[width], width), default=0)


def _by_positions(lines: list[str], mapping: Mapping, stated: dict[str, int]) -> Layout:
    candidates = (mapping.delimiter,) if mapping.delimiter else DELIMITERS
    width, delimiter = max((_usual_width(lines, each), each) for each in candidates)
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    positions: dict[str, tuple[int, ...]] = {name: (place,) for name, place in stated.items() if place < width}
    cells = [header_key(cell) for cell in split_cells(lines[first], delimiter, strict=False) or []]
    named = sum(place < len(cells) and cells[place] == header_key(name) for name, place in stated.items())
    return Layout(positions, width, delimiter, first + 1 if named >= _HEADER_WORDS else first)


def find_layout(lines: list[str], mapping: Mapping) -> Layout:
    """Find the layout of a file that has at least one line which is not blank.

    Raises:
        RefusedFileError: `missing_columns` where a header has none of the wanted names.
    """
    if mapping.positions is None:
        return _by_names(lines, mapping)
    return _by_positions(lines, mapping, mapping.positions)
