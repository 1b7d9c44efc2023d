"""The rule for one line of text that people typed: a name, a town, an address.

It is one regular expression, so that the API's contract can say exactly what is taken. Joiners (U+200C, U+200D) are
letters of Urdu words and are allowed; what breaks lines, hides text or turns its direction is not.
"""

import re
from typing import Final

_BLANK: Final = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_UNSEEN: Final = r"\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
LINE_PATTERN: Final = f"^[^{_BLANK}{_UNSEEN}]([^{_UNSEEN}]*[^{_BLANK}{_UNSEEN}])?$"
"""Understood alike by Python and by JSON Schema."""
_LINE: Final = re.compile(LINE_PATTERN.removesuffix("$").removeprefix("^"))
_HALF_LETTER: Final = re.compile(r"[\ud800-\udfff]")  # not in the pattern: other languages' expressions cannot name it


def is_line(text: str) -> bool:
    """Tell whether the text is one visible line without blanks around it."""
    return _LINE.fullmatch(text) is not None and _HALF_LETTER.search(text) is None
