"""Tell where a single letter is a part of a name ("A class", "audi a 4") and no word that asks for nothing."""

from collections.abc import Sequence
from typing import Final

_CLASS: Final = frozenset({"class", "klasse", "series", "کلاس"})
_COUNTED: Final = frozenset(
    {
        "seater",
        "seaters",
        "seat",
        "seats",
        "door",
        "doors",
        "wheel",
        "wheeler",
        "cylinder",
        "cylinders",
        "gear",
        "gears",
    }
    | {"speed", "lac", "lacs", "lakh", "lakhs", "crore", "year", "years", "litre", "liter", "star"}
)


def names_something(words: Sequence[str], at: int) -> bool:
    """Tell whether the word at this place is a letter that names a class or, with the digit behind it, a model.

    >>> names_something(["audi", "a", "4"], 1), names_something(["need", "a", "7", "seater"], 1)
    (True, False)
    """
    word = words[at]
    following = words[at + 1] if at + 1 < len(words) else ""
    if len(word) != 1 or not word.isalpha():
        return False
    if following in _CLASS:
        return True
    counted = at + 2 < len(words) and words[at + 2] in _COUNTED
    return at > 0 and len(following) == 1 and following.isdigit() and not counted
