"""Tell whether a second line belongs to a header, and join the two: for workbooks as for text."""

import re
from collections.abc import Container, Iterable
from typing import Any

Row = list[Any]

_UNIT_WORD = (
    r"kms?|kilomet(?:er|re)s?|mi|miles|mls|pkr|rs|rupees|usd|aed|jpy|yen|lacs?|lakhs?|crores?|cr|million|thousand|000s?"
    r"|x ?1,?000|cc|lit(?:er|re)s?|hp|in|no|year|y{2,4}|[dm]{1,2}|date"
)
_UNIT = re.compile(rf"\(.*\)|\[.*\]|['’]?(?:{_UNIT_WORD})(?:[\s./,'’-]+(?:{_UNIT_WORD}))*\.?", re.IGNORECASE)
"""A unit alone or in brackets, units beside each other ("Rs. Lacs", "PKR lac", "'000 km"), or the form of a date."""


def header_name(cell: object) -> str:
    """Return a header as it is compared: letters and digits alone."""
    return re.sub(r"[\W_]+", "", str(cell).replace("#", "no").casefold())


def known_count(cells: Iterable[object], names: Container[str]) -> int:
    """Count the cells that are names of known columns."""
    return sum(header_name(cell) in names for cell in cells if cell)


def joined_lines(header: Row, below: Row, names: Container[str]) -> Row:
    """Join a second line of the header, which names units or the parts of a wider cell ("Price": "Cash", "Rent")."""
    joined, group = [], ""
    for upper, lower in zip(header, below, strict=True):
        group = upper or (group if lower else "")
        both = f"{group} {lower}".strip() if lower else upper
        joined.append(lower if header_name(both) not in names and header_name(lower) in names else both)
    return joined


def is_second_line(header: Row, below: Row, names: Container[str]) -> bool:
    """Tell whether the row below a header goes on with it: units, parts of wider cells, or second halves of names."""
    filled = [place for place, cell in enumerate(below) if cell not in ("", None)]
    if not filled or any(_is_value(below[place]) for place in filled):
        return False
    if all(_belongs_to_header(header, below, place) for place in filled):
        return True
    pairs = zip(header, joined_lines(header, below, names), strict=True)
    is_named = any(header_name(both) in names and header_name(both) != header_name(upper) for upper, both in pairs)
    return is_named and known_count(below, names) < known_count(header, names)


def _is_value(cell: object) -> bool:
    return not isinstance(cell, str) or (_UNIT.fullmatch(cell.strip()) is None and re.search(r"\d", cell) is not None)


def _belongs_to_header(header: Row, below: Row, place: int) -> bool:
    wide = any(
        0 <= beside < len(header) and header[beside] in same and bool(below[beside])
        for beside, same in ((place + 1, ("", None, header[place])), (place - 1, (header[place],)))
    )
    return not header[place] or wide or _UNIT.fullmatch(below[place].strip()) is not None
