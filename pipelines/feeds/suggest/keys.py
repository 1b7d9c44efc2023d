"""Choose the column that names a car for good, and say what is wrong with it."""

import re
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pipelines.feeds.normalise.keys import clean_key
from pipelines.feeds.suggest.aliases import Alias, header_words, meanings
from pipelines.feeds.suggest.choose import EXAMPLES, THRESHOLD, Choice
from pipelines.feeds.suggest.shapes import is_vin, share

OPEN_KEY = "NAME THE COLUMN OF THE STOCK NUMBER HERE"
"""The key of a proposal for a file in which no column is one; no file is read by it."""
_DEALER = re.compile(r"(?:dealer|dealership|seller|vendor|rooftop|showroom)(?:id|code|no|number|name)?")
_COUNTER = re.compile(
    r"(?:s|sr|sl|serial|row|line|item)?(?:no|num|number|nr)?|row|index|sr|sl|serial|count|unnamed\d*|نمبرشمار|نمبر|شمار"
)
_OF_THE_CAR = re.compile(r"chassis|frame|vin|reg|plate")
"""In headers of numbers that a car has with every dealer: a stock number of the dealer's own is better."""
_AD_NUMBER = r"-(\d+)/?(?:[?#].*)?$"
_LONGEST = 100


@dataclass(frozen=True)
class Key:
    """The column that is the key; `source` where it is not the whole cell, `notes` what a person must look at."""

    choice: Choice
    source: dict[str, Any] | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether no column was found, so that a person must name one."""
        return self.choice.column == OPEN_KEY


def choose_dealer(columns: Table[str, list[str]]) -> str | None:
    """Find the column that says whose car a row is, where the file holds cars of several dealers."""
    for name, values in columns.items():
        filled = [value for value in values if value]
        several = len(set(filled)) > 1 and len(filled) == len(values)
        if several and _DEALER.fullmatch(header_words(name)):
            return name
    return None


def find_key(columns: Table[str, list[str]], dealer: str | None = None) -> Key:
    """Find the key: a column of numbers that differ, the number in an address, or else the likeliest column."""
    numbered = {name: values for name, values in columns.items() if (share("url", values) or 0) < 0.9}
    if (key := choose_key(numbered, dealer)) is not None:
        return Key(key, notes=tuple(_doubts(key.column, columns[key.column])))
    for name, values in columns.items():
        numbers = [match.group(1) for value in values if (match := re.search(_AD_NUMBER, value))]
        if share("url", values) == 1 and len(set(numbers)) > 0.9 * len(values):
            reasons = ("no column is a stock number; the number at the end of the address is the ad's own",)
            choice = Choice("key", name, 0.6, reasons, tuple(numbers[:EXAMPLES]))
            return Key(choice, {"columns": [name], "pattern": _AD_NUMBER})
    if (key := _by_name(numbered)) is not None:
        return Key(key, notes=tuple(_doubts(key.column, columns[key.column])))
    left_open = Choice("key", OPEN_KEY, 0.01, ("no column holds a number that each car keeps",))
    return Key(left_open, notes=("no column names a car for good: name the stock number under key.",))


def choose_key(columns: Table[str, list[str]], dealer: str | None = None) -> Choice | None:
    """Choose the column that identifies a car for good: by its header, and because no two rows share a value.

    Each dealer of a file of several (`dealer`: the column) numbers its own cars, so that two may share a stock number.
    """
    best: Choice | None = None
    for name, values in columns.items():
        filled = [value for value in values if value]
        if (
            name == dealer
            or _DEALER.fullmatch(header_words(name))
            or not filled
            or len(filled) < 0.9 * len(values)
            or max(map(len, filled)) > _LONGEST
        ):
            continue
        by_name, vin = _sure_by_name(name), is_vin(filled)
        numbers = _different(values, columns[dealer] if dealer is not None and by_name else None)
        if numbers < 0.9 * len(filled) or not (by_name or vin):
            continue
        reasons = [f"header {name!r} means a stock number"] if by_name else []
        reasons += ["vehicle identification numbers"] if vin else []
        reasons.append(f"{numbers} different values in {len(values)} rows")
        sure = 0.6 * max(by_name, 0.7 * vin) + 0.4 * numbers / len(values)
        sure -= 0.04 if vin or _OF_THE_CAR.search(header_words(name)) else 0
        if counts_rows(name, filled):
            sure /= 2
            reasons.append("it counts the rows: the next file may give these numbers to other cars")
        if best is None or sure > best.confidence:
            best = Choice("key", name, round(sure, 2), tuple(reasons), tuple(filled[:EXAMPLES]))
    return best


def chassis_of_key(whole: str | None, columns: Table[str, list[str]], choices: Sequence[Choice]) -> list[Choice]:
    """Choose the column of the key (`whole`) for the chassis number too, where it is one and no other column is."""
    if whole is None or whole not in columns or any(each.field == "chassis_number" for each in choices):
        return []
    look = share("chassis_number", columns[whole]) or 0.0
    reason = f"the key is a chassis number: {look:.0%} of its cells look like one"
    examples = tuple(dict.fromkeys(value for value in columns[whole] if value))[:EXAMPLES]
    return [Choice("chassis_number", whole, round(look, 2), (reason,), examples)] if look > THRESHOLD else []


def _by_name(columns: Table[str, list[str]]) -> Choice | None:
    """Choose a column that is named as a key, though cells of it are empty or repeated."""
    named = {name: values for name, values in columns.items() if any(values) and _sure_by_name(name) == 1}
    if not named:
        return None
    name = max(named, key=lambda each: (not counts_rows(each, named[each]), len(set(named[each]) - {""})))
    filled = [value for value in named[name] if value]
    reasons = (f"header {name!r} means a stock number", f"only {len(set(filled))} different values in its rows")
    return Choice("key", name, 0.3, reasons, tuple(dict.fromkeys(filled))[:EXAMPLES])


def _doubts(name: str, values: Sequence[str]) -> list[str]:
    """Say what keeps the column from naming cars: counted rows, empty, repeated or destroyed numbers."""
    filled = [value for value in values if value]
    kept = [key for value in filled if (key := clean_key(value)) is not None]
    notes = []
    if counts_rows(name, filled):
        notes.append(f"{name!r} counts the rows: choose a column as key that a car keeps from file to file.")
    if lost := len(filled) - len(kept):
        notes.append(
            f"{lost} of {len(filled)} numbers of {name!r} were destroyed by a spreadsheet and are rejected as bad_key:"
            " ask for a file whose column is formatted as text."
        )
    if len(filled) < len(values):
        notes.append(f"{len(values) - len(filled)} of {len(values)} rows have no {name!r}: they are rejected.")
    if len(set(kept)) < len(kept):
        notes.append(f"rows share a {name!r}: of those with one number only the last is read.")
    return notes


def _different(values: Sequence[str], dealers: Sequence[str] | None) -> int:
    return len({pair for pair in zip(values, dealers or values, strict=True) if pair[0]})


def needs_dealer(numbers: Sequence[str], dealers: Sequence[str]) -> bool:
    """Return whether cars of different dealers share a stock number."""
    return _different(numbers, dealers) > _different(numbers, None)


def counts_rows(name: str, values: Sequence[str]) -> bool:
    """Return whether the cells are 1, 2, 3 and so on: numbers of rows, which no car keeps.

    Under a header such as "S.No" they are also that where rows were taken out, or the count does not begin at 1.
    """
    cars = [value for value in values if clean_key(value) is not None]  # without lines such as "Total"
    numbers = [int(match[1]) for value in cars if (match := re.fullmatch(r"#?(\d{1,9})(?:\.0*|\))?", value))]
    if len(numbers) < max(2, len(cars)):
        return False
    steps = {after - before for before, after in pairwise(numbers)}
    if _COUNTER.fullmatch(header_words(name)):
        return all(step > 0 for step in steps) or all(step < 0 for step in steps)
    return steps in ({1}, {-1}) and min(numbers) <= 1


def _sure_by_name(name: str) -> float:
    return max((sure for alias, sure in meanings(name) if _is_whole_key(alias)), default=0.0)


def _is_whole_key(alias: Alias) -> bool:
    return alias.field == "key" and alias.pattern is None
