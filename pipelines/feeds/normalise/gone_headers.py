"""Judge headers under which a cell says that a car is gone: "Sold", "Buyer", "Token", "Qty"."""

import re
from typing import Final

from pipelines.feeds.normalise.availability import GONE, counts_cars, state_asked, state_of_filled

_PATH: Final = re.compile(r"[/.@]+")
_NO_COUNTS: Final = frozenset({"units", "left"})
"""Ends of paths that are units of measure and places as well."""
_COUNTS_PARTS: Final = re.compile(
    r"photo|image|img|pic(?:s|ture)|gallery|media|video|bild|foto|تصویر|seat|door|key|owner|tyre|tire|wheel|airbag"
    r"|feature|option|gear|cylinder|review|view|lead|click"
)
"""Words above a count (`photos/qty`) that is one of parts of a car or of what people did, and not of cars."""
FEW_GONE: Final = 5
"""Cars that a small dealer may have sold of its stock, whatever their share."""


def gone_part(name: str) -> str:
    """Return the part of a header or path that says what a cell is about: of `car/sold/to` all of it, else the end."""
    return name if " " in name or state_of_filled(name) is not None else _PATH.split(name.replace("[]", ""))[-1]


def asks_whether_gone(name: str) -> bool:
    """Tell whether a header, or a path such as `sale/buyer`, is one under which a cell says that the car is gone."""
    return state_asked(name) in GONE or state_asked(gone_part(name)) in GONE


def may_say_gone(name: str) -> bool:
    """Tell whether a header or a path asks whether the car is gone, or counts such cars."""
    return says_how_many_cars(name) or asks_whether_gone(name)


def says_how_many_cars(name: str) -> bool:
    """Tell whether a header or the end of a path counts such cars ("Qty", `stock/qty`), and not parts of one."""
    end = gone_part(name)
    above = name[: -len(end)].casefold()
    return counts_cars(name) or (
        counts_cars(end) and end.casefold() not in _NO_COUNTS and _COUNTS_PARTS.search(above) is None
    )


def is_mostly_gone(cars: int, rows: int) -> bool:
    """Tell whether so many rows are gone by a header alone that it may mean something else: over half, and over five.

    Dealers write the price of booking, or themselves as the seller, beside every car.
    """
    return cars > FEW_GONE and 2 * cars > rows
