"""Turn what a search asks for into what it does not want: "automatic nahi", "without sunroof", "except black".

The other values of a field are asked for, where they are known; anything else is a note, and never a word to find.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from core.search.reading.chips import Chip, ChipField
from core.vocabulary import Assembly, Body, Color, Drive, Fuel, Transmission

_VALUES: Final[dict[ChipField, type[StrEnum]]] = {
    ChipField.FUEL: Fuel,
    ChipField.TRANSMISSION: Transmission,
    ChipField.BODY: Body,
    ChipField.DRIVE: Drive,
    ChipField.ASSEMBLY: Assembly,
    ChipField.COLOR: Color,
}


def can_be_denied(chips: Iterable[Chip]) -> bool:
    """Tell whether all that the chips ask for has known other values."""
    return all(chip.field in _VALUES and chip.sort is None for chip in chips)


def without(wanted: list[Chip], denied: list[Chip]) -> list[Chip]:
    """Take the values of denied chips out of the wanted ones, merged by field; where none is wanted ask for all others.

    What is wanted and denied at once ("white white nahi") is denied.
    """
    found = {chip.field: chip for chip in wanted}
    for chip in denied:
        name = chip.field.value
        unwanted = chip.filters[name]
        before = found.get(chip.field)
        values = [one.value for one in _VALUES[chip.field]] if before is None else before.filters[name]
        left = tuple(value for value in values if value not in unwanted)
        if not left:
            found.pop(chip.field, None)
            continue
        spans = chip.spans if before is None else before.spans + chip.spans
        found[chip.field] = Chip(chip.field, spans, {name: left})
    return list(found.values())
