"""Choose which column fills which field, by header and values; the surest pairs are chosen first."""

import dataclasses
import re
from collections.abc import Mapping as Table
from dataclasses import dataclass

from pipelines.feeds.mapping.schema import FIELDS
from pipelines.feeds.normalise.availability import counts_cars, state_of_filled
from pipelines.feeds.normalise.gone_headers import asks_whether_gone, gone_part, says_how_many_cars
from pipelines.feeds.suggest.aliases import Alias, header_phrase, is_other_price, meanings
from pipelines.feeds.suggest.gone_columns import is_clear, takes_off
from pipelines.feeds.suggest.shapes import STANDS_ALONE, share, share_alone

THRESHOLD = 0.45
EXAMPLES = 3
"""Cells that are shown with a choice."""
_EMPTY = 0.55
"""Weight of a header when no row of the sample fills its column."""


_NONE_GONE = 0.95
"""Weight of an availability by which no car of the sample is gone, beside one by which some are."""
_OF_A_DEALER = re.compile(r"\b(?:dealer|dealership|seller|vendor|showroom|company|branch|rooftop|contact|owner)\b")
_THOUSANDS = re.compile(r"\b000s?\b|\bx ?1[, ]?000\b|\b1[, ]?000s\b|\bthousands?\b|\bin k\b")
"""In headers of mileages that are no whole kilometres: 52 would be read as 52 km."""


_NEW_NAMES = frozenset({"make", "model", "city", "location"})
"""Fields whose header is believed though no list of ours knows the names in its cells."""


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


def _candidates(column: str, values: list[str]) -> list[Choice]:
    named: dict[str, tuple[Alias, float]] = {}
    for alias, sure in meanings(column):
        if alias.field in FIELDS and sure > named.get(alias.field, (alias, 0.0))[1]:
            named[alias.field] = (alias, sure)
    part = gone_part(column)
    if is_clear(column, values):
        if asks_whether_gone(column) or (says_how_many_cars(column) and any(values)):
            named.setdefault("availability", (Alias("availability", column), 1.0))
    elif counts_cars(part) or state_of_filled(part) is not None:
        named.pop("availability", None)
    if is_other_price(column):
        named.pop("price", None)
    for name in _misread(column):
        named.pop(name, None)
    found = [_named(column, values, alias, sure) for alias, sure in named.values()]
    for name in STANDS_ALONE - named.keys() - _misread(column):
        look = share_alone(name, values)
        if look is not None and look >= 0.85 and len(set(values)) > 1:
            found.append(Choice(name, column, round(0.6 * look, 2), (_looks(name, look),), _examples(values, column)))
    return found


def could_be_price(column: str) -> bool:
    """Tell whether a header means the price that a buyer is asked for."""
    return not is_other_price(column) and any(alias.field == "price" for alias, _ in meanings(column))


def _misread(column: str) -> set[str]:
    """Return the fields that a column never is, whatever its header and cells look like."""
    phrase = header_phrase(column)
    dealer = {"title", "make", "model"} if _OF_A_DEALER.search(phrase) else set()
    if asks_whether_gone(column):
        return set(FIELDS) - {"availability"}
    return dealer | ({"mileage"} if _THOUSANDS.search(phrase) else set())


def _named(column: str, values: list[str], alias: Alias, sure: float) -> Choice:
    reason = f"header {column!r} means {alias.field}" + (f" as in the preset {alias.preset}" if alias.preset else "")
    if alias.pattern is not None:
        return Choice(alias.field, column, round(0.75 * sure, 2), (reason,), _examples(values, column), alias)
    look = _look(alias, values, column)
    if look is None:
        weight = 0.8 if any(values) else _EMPTY
        reasons = (reason,) if any(values) else (reason, "no row of the sample fills it")
        return Choice(alias.field, column, round(weight * sure, 2), reasons, _examples(values, column), alias)
    weight = 0.5 * sure + 0.5 * look if look >= 0.15 else 0.3 * sure
    if sure == 1 and alias.field in _NEW_NAMES and not share("model_year", values):
        weight = max(weight, 0.5)
    if alias.field == "availability" and not takes_off(column, values):
        weight *= _NONE_GONE
    return Choice(
        alias.field, column, round(weight, 2), (reason, _looks(alias.field, look)), _examples(values, column), alias
    )


def _look(alias: Alias, values: list[str], column: str) -> float | None:
    """Return the share of cells that look like the field, or that the preset of the alias translates into it."""
    words = {word.casefold() for word in alias.words}
    filled = [value for value in values if value]
    strange = [value for value in filled if value.casefold() not in words]
    if not strange:
        return 1.0 if filled else None
    look = share(alias.field, strange, column)
    return None if look is None else (look * len(strange) + len(filled) - len(strange)) / len(filled)


def _looks(name: str, look: float) -> str:
    return f"{look:.0%} of its cells look like {name}"


def _examples(values: list[str], column: str = "") -> tuple[str, ...]:
    if state_of_filled(column) is not None:  # a buyer's name
        return ()
    return tuple(dict.fromkeys(value for value in values if value))[:EXAMPLES]
