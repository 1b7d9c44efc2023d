"""Turn what a search asks for into what it does not want: "automatic nahi", "without sunroof", "except karachi".

Of a field with few values the others are asked for; makes, models and cities are left out. Anything else is a note, and
never a word to find.
"""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Final

from core.search.filters import DENIABLE, DENIAL
from core.search.reading.chips import Chip, ChipField
from core.search.reading.lexicon import Lexicon
from core.search.reading.merging import merged
from core.search.reading.quantities import phrase_at
from core.search.reading.tokens import Token
from core.vocabulary import Assembly, Body, Color, Drive, Fuel, Transmission

_VALUES: Final[dict[ChipField, type[StrEnum]]] = {
    ChipField.FUEL: Fuel,
    ChipField.TRANSMISSION: Transmission,
    ChipField.BODY: Body,
    ChipField.DRIVE: Drive,
    ChipField.ASSEMBLY: Assembly,
    ChipField.COLOR: Color,
}
_LONGEST_LINK: Final = 2
_LEFT_OUT: Final = {ChipField(name): ChipField(f"{DENIAL}{name}") for name in DENIABLE}


def denial_before(tokens: list[Token], at: int, known: Lexicon) -> int:
    """Return how many tokens deny what stands behind them, as "not" and "not in" do; 0 where they begin no denial."""
    said = phrase_at(tokens, at, known.denials["before"])
    if said is None or _is_longer_phrase(tokens, at, len(said), known):
        return 0
    size = len(said) + len(phrase_at(tokens, at + len(said), known.denials["links"], _LONGEST_LINK) or ())
    return size if at + size < len(tokens) else 0


def denial_behind(tokens: list[Token], at: int, known: Lexicon) -> int:
    """Return how many tokens deny what stands before them, as "nahi" and "se nahi" do; 0 where they deny nothing."""
    link = phrase_at(tokens, at, known.denials["links"], _LONGEST_LINK) or ()
    for start in dict.fromkeys((at, at + len(link))):
        said = phrase_at(tokens, start, known.denials["after"])
        if said is not None:
            return 0 if _is_longer_phrase(tokens, start, len(said), known) else start + len(said) - at
    return 0


def _is_longer_phrase(tokens: list[Token], at: int, size: int, known: Lexicon) -> bool:
    """Tell whether a word of denial begins a longer phrase, as "not registered" and "no more than" do."""
    tables = (known.meanings, known.notes, known.fillers, known.before)
    return any(len(phrase_at(tokens, at, table) or ()) > size for table in tables)


def can_be_denied(chips: Iterable[Chip], literal: frozenset[ChipField]) -> bool:
    """Tell whether all that the chips ask for can be left out; the denials of `literal` are not read."""
    fields = {chip.field for chip in chips if chip.sort is None}
    known = fields <= _VALUES.keys() | _LEFT_OUT.keys()
    return bool(fields) and known and not {_LEFT_OUT.get(field) for field in fields} & literal


def goes_on(fields: set[ChipField], found: set[ChipField], *, joined: bool) -> bool:
    """Tell whether something beside what is denied is denied with it: of its kind, and joined to it by "or".

    Makes and cities need no "or" ("except lahore karachi"): a car has one, so that to want one denies all others.
    Beside a model that is denied a make does: "no honda civic toyota" wants a Toyota.
    """
    enumerated = found == {ChipField.CITY} or (found == {ChipField.MAKE} and ChipField.MODEL not in fields)
    return found <= fields and bool(found) and (joined or enumerated)


def denied_names(chips: list[Chip]) -> list[Chip]:
    """Take a make out where its model follows: "not honda city or toyota" is about the model and another make."""
    following = [*(chip.field for chip in chips[1:]), None]
    return [
        chip for chip, after in zip(chips, following, strict=False)
        if not (chip.field is ChipField.MAKE and after is ChipField.MODEL)
    ]  # fmt: skip


def without(wanted: list[Chip], denied: list[Chip]) -> list[Chip]:
    """Take the values of denied chips out of the wanted ones, merged by field; where none is wanted ask for all others.

    What is wanted and denied at once ("white white nahi") is denied.
    """
    found = {chip.field: chip for chip in wanted}
    left_out = []
    for chip in denied:
        name, before = chip.field.value, found.get(chip.field)
        if chip.field in _LEFT_OUT:
            filters = {f"{DENIAL}{name}": chip.filters[name]}
            left_out.append(replace(chip, field=_LEFT_OUT[chip.field], filters=filters))
            spans = () if before is None else before.spans
        else:
            spans = chip.spans if before is None else before.spans + chip.spans
        known = [one.value for one in _VALUES.get(chip.field, ())] if before is None else before.filters[name]
        left = tuple(value for value in known if value not in chip.filters[name])
        if left:
            found[chip.field] = Chip(chip.field, spans, {name: left})
        else:
            found.pop(chip.field, None)
    return [*found.values(), *merged(left_out)]
