"""Fold senders' words for whether a car can be had ("Sold", "RESERVIERT", "دستیاب نہیں") onto four states.

All mappings and formats share the lists of `availability.toml`. A word that is in no list is `UNKNOWN` and its row is
rejected with a code, so that a sold car is not shown as live because its dealer used a new word.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

AVAILABLE, RESERVED, SOLD, WITHDRAWN = "available", "reserved", "sold", "withdrawn"
UNKNOWN = "unknown"
GONE = (SOLD, RESERVED, WITHDRAWN)
"""States of cars that must not be listed."""

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LETTERS = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "ۀ": "ہ", "ة": "ہ", "\u200c": " "})
_MOST_WORDS = 5
"""Words of the longest phrase of the lists."""


@dataclass(frozen=True)
class _Words:
    exact: dict[str, str]
    inside: dict[str, str]
    negations: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]


def _fold(text: str) -> list[str]:
    """Split a text into comparable words: no case, no punctuation, one spelling of letters that look alike."""
    spaced = _CAMEL.sub(" ", unicodedata.normalize("NFKC", text))
    folded = unicodedata.normalize("NFKC", spaced.translate(_LETTERS).casefold())
    return "".join(char if char.isalnum() or unicodedata.combining(char) else " " for char in folded).split()


def _joined(text: str) -> str:
    return "".join(_fold(text))


@cache
def _words() -> _Words:
    tables = tomllib.loads((files("pipelines.feeds.normalise") / "availability.toml").read_text(encoding="utf-8"))
    inside = {_joined(word): state for state in (*GONE, AVAILABLE) for word in tables[state]["inside"]}
    exact = inside | {_joined(word): state for state in (*GONE, AVAILABLE) for word in tables[state]["words"]}
    negations, yes, no = (frozenset(map(_joined, tables[name]["words"])) for name in ("negations", "yes", "no"))
    return _Words(exact, inside, negations, yes, no)


def availability_state(text: str, column: str = "") -> str:
    """Return the state that a cell states: `AVAILABLE`, one of `GONE`, or `UNKNOWN`.

    `column` is the sender's name of the column, which says what a bare "yes" or "no" is about.
    """
    folded, known = _fold(text), _words()
    whole = "".join(folded)
    if whole in known.yes | known.no:
        return _answer(column, yes=whole in known.yes)
    return known.exact.get(whole) or _from_parts(folded)


def _answer(column: str, *, yes: bool) -> str:
    asked = _from_parts(_fold(column))
    if asked == UNKNOWN:
        return UNKNOWN
    if asked == AVAILABLE:
        return AVAILABLE if yes else WITHDRAWN
    return asked if yes else AVAILABLE


def _from_parts(folded: list[str]) -> str:
    """Find known phrases among the words; a phrase about a car that is gone weighs more than one about stock."""
    known = _words()
    states: set[str] = set()
    for start in range(len(folded)):
        for end in range(min(len(folded), start + _MOST_WORDS), start, -1):
            state = known.inside.get("".join(folded[start:end]))
            if state is not None:
                around = folded[max(0, start - 2) : start] + folded[end : end + 1]
                states.add(_negated(state) if known.negations & set(around) else state)
                break
    return next((state for state in (*GONE, AVAILABLE) if state in states), UNKNOWN)


def _negated(state: str) -> str:
    return WITHDRAWN if state == AVAILABLE else AVAILABLE
