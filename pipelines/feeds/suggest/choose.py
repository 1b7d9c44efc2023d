"""Choose which column fills which field, by header and values; the surest pairs are chosen first."""

import dataclasses
import re
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.feeds.mapping.schema import FIELDS
from pipelines.feeds.suggest.aliases import NOT_ASKING_PRICES, Alias, header_words, meanings
from pipelines.feeds.suggest.shapes import STANDS_ALONE, is_vin, share

THRESHOLD = 0.45
_EXAMPLES = 3
_EMPTY = 0.55
"""Weight of a header when no row of the sample fills its column."""


@dataclass(frozen=True)
class Choice:
    """Hold a field and the column that fills it. `confidence` is a weight from 0 to 1, not a probability."""

    field: str
    column: str
    confidence: float
    reasons: tuple[str, ...]
    examples: tuple[str, ...] = ()
    alias: Alias | None = dataclasses.field(default=None, compare=False)


def choose(columns: Table[str, list[str]]) -> list[Choice]:
    """Choose at most one column a field and one field a column, in the order of FIELDS."""
    candidates = [choice for name, values in columns.items() for choice in _candidates(name, values)]
    chosen: dict[str, Choice] = {}
    taken: set[str] = set()
    for choice in sorted(candidates, key=lambda each: (-each.confidence, FIELDS.index(each.field))):
        if choice.confidence >= THRESHOLD and choice.field not in chosen and choice.column not in taken:
            chosen[choice.field] = choice
            taken.add(choice.column)
    return [chosen[name] for name in FIELDS if name in chosen]


_DEALER = re.compile(r"(?:dealer|dealership|seller|vendor|rooftop|showroom)(?:id|code|no|number|name)?")


def choose_dealer(columns: Table[str, list[str]]) -> str | None:
    """Find the column that says whose car a row is, where the file holds cars of several dealers."""
    for name, values in columns.items():
        filled = [value for value in values if value]
        several = len(set(filled)) > 1 and len(filled) == len(values)
        if several and _DEALER.fullmatch(header_words(name)):
            return name
    return None


def choose_key(columns: Table[str, list[str]], dealer: str | None = None) -> Choice | None:
    """Choose the column that identifies a car for good: by its header, and because no two rows share a value.

    Each dealer of a file of several (`dealer`: the column) numbers its own cars, so that two may share a stock number.
    """
    best: Choice | None = None
    for name, values in columns.items():
        filled = [value for value in values if value]
        if name == dealer or not filled or len(filled) < 0.9 * len(values) or max(map(len, filled)) > 100:
            continue
        by_name = max((sure for alias, sure in meanings(name) if _is_whole_key(alias)), default=0.0)
        vin = is_vin(filled)
        numbers = _different(values, columns[dealer] if dealer is not None and by_name else None)
        if numbers < 0.9 * len(filled):
            continue
        if not (by_name or vin):
            continue
        reasons = [f"header {name!r} means a stock number"] if by_name else []
        reasons += ["vehicle identification numbers"] if vin else []
        reasons.append(f"{numbers} different values in {len(values)} rows")
        sure = round(0.6 * max(by_name, 0.7 * vin) + 0.4 * numbers / len(values), 2)
        if counts_rows(filled):
            sure = round(sure / 2, 2)
            reasons.append("it counts the rows: the next file may give these numbers to other cars")
        if best is None or sure > best.confidence:
            best = Choice("key", name, sure, tuple(reasons), tuple(filled[:_EXAMPLES]))
    return best


def _different(values: Sequence[str], dealers: Sequence[str] | None) -> int:
    return len({pair for pair in zip(values, dealers or values, strict=True) if pair[0]})


def needs_dealer(numbers: Sequence[str], dealers: Sequence[str]) -> bool:
    """Return whether cars of different dealers share a stock number."""
    return _different(numbers, dealers) > _different(numbers, None)


def counts_rows(values: Sequence[str]) -> bool:
    """Return whether the cells are 1, 2, 3 and so on: numbers of rows, which no car keeps."""
    return len(values) > 1 and all(value == str(place) for place, value in enumerate(values, 1))


def _is_whole_key(alias: Alias) -> bool:
    return alias.field == "key" and alias.pattern is None


def _candidates(column: str, values: list[str]) -> list[Choice]:
    named: dict[str, tuple[Alias, float]] = {}
    for alias, sure in meanings(column):
        if alias.field in FIELDS and sure > named.get(alias.field, (alias, 0.0))[1]:
            named[alias.field] = (alias, sure)
    if NOT_ASKING_PRICES.search(column.casefold().replace("_", " ")):
        named.pop("price", None)
    found = [_named(column, values, alias, sure) for alias, sure in named.values()]
    for name in STANDS_ALONE - named.keys():
        look = share(name, values)
        if look is not None and look >= 0.85 and len(set(values)) > 1:
            found.append(Choice(name, column, round(0.6 * look, 2), (_looks(name, look),), _examples(values)))
    return found


def _named(column: str, values: list[str], alias: Alias, sure: float) -> Choice:
    reason = f"header {column!r} means {alias.field}" + (f" as in the preset {alias.preset}" if alias.preset else "")
    if alias.pattern is not None:
        return Choice(alias.field, column, round(0.75 * sure, 2), (reason,), _examples(values), alias)
    look = _look(alias, values)
    if look is None:
        weight = 0.8 if any(values) else _EMPTY
        reasons = (reason,) if any(values) else (reason, "no row of the sample fills it")
        return Choice(alias.field, column, round(weight * sure, 2), reasons, _examples(values), alias)
    weight = 0.5 * sure + 0.5 * look if look >= 0.15 else 0.3 * sure
    return Choice(alias.field, column, round(weight, 2), (reason, _looks(alias.field, look)), _examples(values), alias)


def _look(alias: Alias, values: list[str]) -> float | None:
    """Return the share of cells that look like the field, or that the preset of the alias translates into it."""
    words = {word.casefold() for word in alias.words}
    filled = [value for value in values if value]
    strange = [value for value in filled if value.casefold() not in words]
    if not strange:
        return 1.0 if filled else None
    look = share(alias.field, strange)
    return None if look is None else (look * len(strange) + len(filled) - len(strange)) / len(filled)


def _looks(name: str, look: float) -> str:
    return f"{look:.0%} of its cells look like {name}"


def _examples(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))[:_EXAMPLES]
