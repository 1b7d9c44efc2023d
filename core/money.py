"""Convert between paisa, whole rupees and the decimals that providers write. Nothing is ever rounded."""

import re
from typing import Final

from core.errors import InvalidInputError

PAISA: Final = 100
MOST_RUPEES: Final = 10**9
_DECIMAL: Final = re.compile(r"(?P<rupees>0|[1-9][0-9]{0,11})(?:\.(?P<paisa>[0-9]{1,2})0{0,4})?", re.ASCII)
_MINOR: Final = re.compile(r"0|[1-9][0-9]{0,13}", re.ASCII)


class BadAmountError(InvalidInputError):
    """An amount is not one."""

    code = "bad_amount"

    def __init__(self) -> None:
        super().__init__("An amount is written in digits, with at most two decimals and without an exponent.")


def paisa_of_decimal(text: object) -> int:
    """Convert rupees as providers write them ("1500", "1500.5", "1500.50") to paisa.

    Raises:
        BadAmountError: it is no text, has fractions of a paisa, an exponent, a sign, or is no number.
    """
    found = _DECIMAL.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise BadAmountError
    return int(found["rupees"]) * PAISA + int((found["paisa"] or "0").ljust(2, "0"))


def paisa_of_minor(text: object) -> int:
    """Convert an amount that is written in paisa already ("150000").

    Raises:
        BadAmountError: see `paisa_of_decimal`.
    """
    if not isinstance(text, str) or _MINOR.fullmatch(text) is None:
        raise BadAmountError
    return int(text)


def decimal_of(paisa: int) -> str:
    """Write paisa as rupees with two decimals."""
    return f"{paisa // PAISA}.{paisa % PAISA:02}"


def rupees_of(paisa: int) -> int:
    """Convert paisa to whole rupees, for amounts that are such."""
    rupees, rest = divmod(paisa, PAISA)
    if rest:
        raise ValueError(f"{paisa} paisa are no whole rupees.")
    return rupees
