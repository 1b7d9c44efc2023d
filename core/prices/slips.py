"""Recognise prices that slipped a unit: a digit lost, lakh taken for crore, another currency, a monthly instalment."""

from math import log
from typing import Final

SLIP_FACTOR: Final = 6.0
"""A price this many times above or below the usual one is taken for a slip; trims and damage explain less."""
_FACTORS: Final = (10.0, 100.0, 1_000.0, 0.1, 0.01, 0.001)
_NEAR: Final = log(2.0)
_INSTALMENT: Final = (1 / 75, 1 / 20)
"""Cars are paid off in two to six years, after a first payment."""
_CURRENCY: Final = (1 / 500, 1 / 50)
"""Rupees for a dollar, a euro, a pound, a dirham or a riyal."""


def likely_price(price: float, typical: float) -> int | None:
    """Return the amount that was probably meant, where a whole unit was slipped; None where none fits.

    >>> likely_price(450_000, 4_300_000), likely_price(45_000, 4_300_000), likely_price(900_000, 4_300_000)
    (4500000, 4500000, None)
    """
    best = min(_FACTORS, key=lambda factor: abs(log(price * factor / typical)))
    return round(price * best) if abs(log(price * best / typical)) <= _NEAR else None


def other_readings(price: float, typical: float) -> list[str]:
    """Name what else an amount may be that is far under what such cars cost.

    >>> other_readings(90_000, 4_300_000)
    ['a monthly instalment']
    """
    share = price / typical
    ranges = {"a monthly instalment": _INSTALMENT, "an amount in another currency": _CURRENCY}
    return [name for name, (low, high) in ranges.items() if low <= share <= high]
