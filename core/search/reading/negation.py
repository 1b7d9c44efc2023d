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
from core.search.reading.merging import merged
from core.vocabulary import Assembly, Body, Color, Drive, Fuel, Transmission

_VALUES: Final[dict[ChipField, type[StrEnum]]] = {
    ChipField.FUEL: Fuel,
    ChipField.TRANSMISSION: Transmission,
    ChipField.BODY: Body,
    ChipField.DRIVE: Drive,
    ChipField.ASSEMBLY: Assembly,
    ChipField.COLOR: Color,
}
_LEFT_OUT: Final = {ChipField(name): ChipField(f"{DENIAL}{name}") for name in DENIABLE}


def can_be_denied(chips: Iterable[Chip], literal: frozenset[ChipField]) -> bool:
    """Tell whether all that the chips ask for can be left out; the denials of `literal` are not read."""
    fields = {chip.field for chip in chips if chip.sort is None}
    known = fields <= _VALUES.keys() | _LEFT_OUT.keys()
    return bool(fields) and known and not {_LEFT_OUT.get(field) for field in fields} & literal


def denied_names(chips: list[Chip]) -> list[Chip]:
    """Take the make out where a model of it was said: "not honda city" is about the model."""
    named = any(chip.field is ChipField.MODEL for chip in chips)
    return [chip for chip in chips if not (named and chip.field is ChipField.MAKE)]


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
