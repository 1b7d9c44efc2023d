"""Write the value of a cell as a person sees it."""

from datetime import date, datetime

_EXACT = 10**15
"""Excel keeps 15 digits of a number; larger ones are written as it shows them, so that no key is made of them."""


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
