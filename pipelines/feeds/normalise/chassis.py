"""Read chassis numbers: VINs of 17 signs and Japanese frame numbers, in one spelling each.

A number names a car for good, so a doubtful one is worse than none: cells that are masked, shortened, rewritten by a
spreadsheet or filled in to have filled them are not understood.
"""

import re
from typing import Final

from pipelines.feeds.normalise.keys import clean_key

LONGEST_CHASSIS_NUMBER: Final = 17
_LONGEST_CELL: Final = 60
_LABEL = re.compile(r"^(?:CHASS?IS|CHESIS|FRAME|VIN)[\s.:#]*(?:NO|NUM|NUMBER)?[\s.:#-]+")
_SEPARATORS = re.compile(r"[\s._/\\\u2010-\u2015\u2212-]+")
_VIN = re.compile(r"(?=.*[A-Z])[A-HJ-NPR-Z0-9]{13}\d{4}")
_NEVER_IN_VIN = str.maketrans("IOQ", "100")
_MODEL = r"[A-Z]{1,5}\d[A-Z0-9]{0,6}"
_SERIAL = r"\d{6,8}"
_FRAME = re.compile(rf"(?=.{{9,17}}\Z){_MODEL}-{_SERIAL}")
_JOINED = re.compile(rf"(?=.{{10,14}}\Z)[A-Z]{{1,5}}\d{{1,3}}[A-Z]{{0,3}}{_SERIAL}")
_TYPED = re.compile(rf"[A-Z1-9][A-FL-N][A-HJK]-({_MODEL}-{_SERIAL})|[A-Z]{{1,2}}-({_MODEL}-{_SERIAL})")
"""A frame number behind the code of its emission class: `DBA-NZE141-6012345`, `6AA-ZVW51-8012345`, `E-EP82-0212345`."""
_FILLED_IN = re.compile(r"0?1234567?8?|(\d)\1+")
_FEWEST_SIGNS: Final = 5
_COUNTED = "1234567890123456"


def read_chassis_number(text: str) -> str | None:
    """Return a chassis number in its usual spelling, or None for a cell that does not say one.

    VINs are 17 letters and digits; Japanese numbers keep the hyphen between model code and serial number, if they are
    written with any sign there. Whatever this returns, it reads as the same number again.
    """
    if len(text) > _LONGEST_CELL or (cell := clean_key(text)) is None:
        return None
    cell = _LABEL.sub("", cell.upper()).strip()
    parted = _SEPARATORS.sub("-", cell).strip("-")
    if (typed := _TYPED.fullmatch(parted)) is not None:
        parted = typed[1] or typed[2]
    if _VIN.fullmatch(vin := compared_form(parted).translate(_NEVER_IN_VIN)) is not None:
        return None if _is_filled_in(vin, vin[-6:]) else vin
    if _FRAME.fullmatch(parted) is None and _JOINED.fullmatch(parted) is None:
        return None
    return None if _is_filled_in(parted, parted.rpartition("-")[2]) else parted


def compared_form(number: str) -> str:
    """Return the form in which numbers are compared: without the hyphen, which some senders leave out."""
    return number.replace("-", "")


def _is_filled_in(number: str, serial: str) -> bool:
    """Tell whether somebody typed any signs only to fill the cell."""
    few = len(set(number) - {"-"}) < _FEWEST_SIGNS
    return few or _FILLED_IN.fullmatch(serial) is not None or _COUNTED[:9] in number
