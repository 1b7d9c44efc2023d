"""Fold senders' words for whether a car can be had ("Sold", "RESERVIERT", "دستیاب نہیں") onto four states.

All mappings and formats share the lists of `availability.toml`. A word that is in no list is `UNKNOWN` and its row is
rejected with a code, so that a sold car is not shown as live because its dealer used a new word.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from pipelines.feeds.normalise.slips import misspelt_name

AVAILABLE, RESERVED, SOLD, WITHDRAWN = "available", "reserved", "sold", "withdrawn"
UNKNOWN = "unknown"
GONE = (SOLD, RESERVED, WITHDRAWN)
"""States of cars that must not be listed."""

_ACTIONS = frozenset({"action", "operation", "op", "change", "changetype", "updatetype", "recordtype", "delta"})
"""Words of headers of deliveries that hold changes alone, which are often of one letter."""
_CODES = {"d": WITHDRAWN, "r": WITHDRAWN} | dict.fromkeys("aicun", AVAILABLE)
_DAY = re.compile(r"(?:19|20)\d\d-\d\d?-\d\d?(?!\d)|\d{1,2}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ,]+(?:\d\d){1,2}\b")
_NO_DAY = re.compile(r"0{4}-0?0-0?0|(?:1899|1900)-\d\d?-\d\d?|\d\d?[-/. ]\d\d?[-/. ](?:0{2}|0{4}|1899|1900)")
"""Days that programs write for none: zeros, and the first ones of a spreadsheet's calendar."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LETTERS = str.maketrans(
    {"ي": "ی", "ى": "ی", "ك": "ک", "ۀ": "ہ", "ة": "ہ", "\u200c": " "}
    | dict.fromkeys("✓✔☑✅", " yes ")
    | dict.fromkeys("✗✘✕✖☐❌", " no ")
)
_ANSWERED_NO = re.compile(r"\s*(?:no|nahin?|nhi|nein)(?:\s*[,;:.(]|\s+[-–—/]\s)", re.IGNORECASE)
"""The beginning of "No, sold" and "No. in stock": an answer or a number, which negates nothing after it."""
_AMOUNT = re.compile(r"(?:(?:rs|pkr)\.?\s*)?([-−]?[\d,]*\.?\d+)(?:\s*(?:/-|cars?|units?|pcs|nos))?", re.IGNORECASE)
_DASHES = re.compile("[-−–—]+")
_BESIDE_A_PERSON = frozenset(
    {"name", "no", "number", "id", "phone", "mobile", "contact", "cnic", "details", "s", "نام"}
)
"""Words that a header may have beside its subject: "Buyer name" and "Token no" mean "Buyer" and "Token"."""
_SHORTEST_MENDED = 5
"""Letters of the shortest word in which a slip is mended: "gold" is no "sold"."""
_MOST_WORDS = 5
"""Words of the longest phrase of the lists."""


@dataclass(frozen=True)
class _Words:
    exact: dict[str, str]
    inside: dict[str, str]
    negations: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]
    nobody: frozenset[str]
    filled: dict[str, str]
    counts: frozenset[str]
    none_left: frozenset[str]


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
    filled = {_joined(header): state for state, headers in tables["filled"].items() for header in headers}
    names = ("negations", "yes", "no", "nobody", "counts", "none_left")
    lists = (frozenset(map(_joined, tables[name]["words"])) for name in names)
    negations, yes, no, nobody, counts, none_left = lists
    return _Words(exact, inside, negations, yes, no, nobody, filled, counts, none_left)


def availability_state(text: str, column: str = "") -> str:
    """Return the state that a cell states: `AVAILABLE`, one of `GONE`, or `UNKNOWN`.

    `column` is the sender's name of the column, which says what a bare "yes" or "no" is about.
    """
    folded, known = _fold(_ANSWERED_NO.sub("", text, count=1)) or _fold(text), _words()
    whole = "".join(_fold(text))
    if (answer := _answer_to_header(text, whole, column)) is not None:
        return answer
    if whole in known.yes | known.no:
        return _answer(column, yes=whole in known.yes)
    if (state := known.exact.get(whole)) is not None:
        return state
    named = state_of_filled(column)
    if named is None:
        state = _from_parts(folded)
        return _state_of_slips(tuple(folded)) if state == UNKNOWN else state
    return AVAILABLE if _denies(folded, column) else named


def _denies(folded: list[str], column: str) -> bool:
    """Tell whether a cell says that there is none of what its header names: "no token", "Deposit not required"."""
    known = _words()
    if folded[:1] and folded[0] in known.no | known.negations | known.none_left:
        return True
    return bool(known.negations & set(folded)) and bool(set(_fold(column)) & set(folded))


@lru_cache(maxsize=4096)
def _state_of_slips(folded: tuple[str, ...]) -> str:
    """Return the state of a few words one of which is misspelt: "availble", "Reservd", "not avaliable"."""
    known = _words()
    if len(folded) > _MOST_WORDS:
        return UNKNOWN
    names = [name for name in known.exact if name.isascii() and len(name) >= _SHORTEST_MENDED]
    mended = [
        word if word in known.negations or len(word) < _SHORTEST_MENDED else misspelt_name(word, names) or word
        for word in folded
    ]
    return known.exact.get("".join(mended)) or _from_parts(mended)


def _answer_to_header(text: str, whole: str, column: str) -> str | None:
    """Return what a cell means that only its header explains: D of "Action", 0 of "In stock", a day of "Sold on"."""
    asked = _fold(column)
    if _ACTIONS & {*asked, "".join(asked)} and whole in _CODES:
        return _CODES[whole]
    about, amount = state_asked(column), _AMOUNT.fullmatch(text.strip())
    if (whole in _words().none_left or _DASHES.fullmatch(text.strip())) and asks_how_many(column):
        return WITHDRAWN
    is_none = amount is not None and (not re.search("[1-9]", _latin(amount[1])) or amount[1].startswith(("-", "−")))
    if about == AVAILABLE and amount is not None:
        return WITHDRAWN if is_none else AVAILABLE
    is_none = is_none or not whole or whole in _words().nobody or _NO_DAY.match(text.strip()) is not None
    if is_none and state_of_filled(column) is not None:
        return AVAILABLE
    return about if about in GONE and _DAY.match(text.strip()) else None


def gone_by_header(text: str, column: str) -> bool:
    """Tell whether a car is gone by its column's header alone: an amount under "Token", "yes" under "Booked".

    Cells which say so themselves ("Sold"), and deletions ("D" under "Action", 1 under "is_deleted"), are no such.
    """
    asked = _fold(column)
    if _ACTIONS & {*asked, "".join(asked)} or state_asked(column) == WITHDRAWN:
        return False
    return availability_state(text, column) in GONE and availability_state(text) not in GONE


def _latin(digits: str) -> str:
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in digits)


def _answer(column: str, *, yes: bool) -> str:
    asked = state_asked(column)
    if asked == UNKNOWN:
        return UNKNOWN
    if asked == AVAILABLE:
        return AVAILABLE if yes else WITHDRAWN
    return asked if yes else AVAILABLE


def state_of_filled(column: str) -> str | None:
    """Return the state of cars for which a column names anything: a buyer, the day of the sale, a token paid."""
    parts = re.split(r"[/.@]+", column)
    for name in (column, " ".join(parts[-2:]), parts[-1]):  # a header; buyer/name and sold.to in a longer path
        state = _words().filled.get("".join(word for word in _fold(name) if word not in _BESIDE_A_PERSON))
        if state is not None:
            return state
    return None


def counts_cars(column: str) -> bool:
    """Tell whether a column says how many of such cars are there ("Qty", "Units")."""
    return _joined(column) in _words().counts


def asks_how_many(column: str) -> bool:
    """Tell whether a dash, "nil" or "zero" in a column says that no such car is left ("Qty", "No. in stock")."""
    return counts_cars(column) or ("stock" in _fold(column) and state_asked(column) == AVAILABLE)


def state_asked(column: str) -> str:
    """Return the state that a header asks for; its "No" counts cars ("No in stock"), unless it is "no longer".

    `UNKNOWN`: it asks for none.
    """
    if counts_cars(column):
        return AVAILABLE
    if (named := state_of_filled(column)) is not None:
        return named
    words = _fold(column)
    whole = _words().exact.get("".join(words), UNKNOWN)
    if whole in GONE:  # "Hold", which says nothing among other words
        return whole
    if words[:1] == ["no"] and words[1:2] != ["longer"]:
        words = words[1:]
    return _from_parts(words)


def _from_parts(folded: list[str]) -> str:
    """Find known phrases among the words; a phrase about a car that is gone weighs more than one about stock."""
    known = _words()
    states: set[str] = set()
    for start in range(len(folded)):
        for end in range(min(len(folded), start + _MOST_WORDS), start, -1):
            state = known.inside.get("".join(folded[start:end]))
            if state is not None:
                # "available nahi", but not "for sale (not sold)", where the word negates the next phrase
                after = [] if _phrase_at(folded, end + 1) else folded[end : end + 1]
                around = folded[max(0, start - 2) : start] + after
                states.add(_negated(state) if known.negations & set(around) else state)
                break
    return next((state for state in (*GONE, AVAILABLE) if state in states), UNKNOWN)


def _phrase_at(folded: list[str], start: int) -> bool:
    inside = _words().inside
    return any(
        "".join(folded[start:end]) in inside for end in range(start + 1, min(len(folded), start + _MOST_WORDS) + 1)
    )


def _negated(state: str) -> str:
    return WITHDRAWN if state == AVAILABLE else AVAILABLE
