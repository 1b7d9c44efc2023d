"""List the searches that stand for a reading, the strictest first: where one finds nothing, the next is asked.

The least telling words give way first, then the softest filters, one at a time and then together; the year and the
price move before they give way, then the place, and the model and the make last. Every search of the list finds
whatever the ones before it find, and what gave way is named.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from core.search.filters import DENIABLE, DENIAL, ListingFilters
from core.search.query import Sort
from core.search.reading.chips import Chip, ChipField, Reading, Word
from core.search.words.folding import words

ENOUGH = 5
"""Hits from which a number that was named without a bound is not taken any wider."""

_SOFTEST_FIRST = (
    ChipField.COLOR,
    ChipField.DRIVE,  # seldom known of a pickup
    ChipField.BODY,
    ChipField.SEATS,
    ChipField.ASSEMBLY,
    ChipField.TRANSMISSION,
    ChipField.FUEL,
    ChipField.MILEAGE,
    ChipField.ENGINE,
    ChipField.REGISTERED_IN,
)
_HARDEST_LAST = (
    ChipField.PROVINCE,
    ChipField.CITY,
    ChipField.PRICE,
    ChipField.YEAR,
    ChipField.NOT_CITY,
    ChipField.MODEL,
    ChipField.MAKE,
    ChipField.NOT_MODEL,
    ChipField.NOT_MAKE,
)
_DENIALS = frozenset(f"{DENIAL}{name}" for name in DENIABLE)
_YEARS = (1, 2)
_PRICE_SHARES = (0.1, 0.25)


@dataclass(frozen=True)
class GivenUp:
    """Something asked for that gave way: a word, or a filter that was dropped or widened."""

    what: ChipField | None  # None: a word
    text: str
    widened: bool = False


@dataclass(frozen=True)
class Attempt:
    """A search to ask, and what it no longer asks for; it answers with `enough` hits or more."""

    text: str
    filters: ListingFilters
    sort: Sort | None
    given_up: tuple[GivenUp, ...] = ()
    enough: int = 1


@dataclass(frozen=True)
class _State:
    words: tuple[Word, ...]
    chips: tuple[Chip, ...]
    given_up: tuple[GivenUp, ...] = ()

    def without_words(self, dropped: tuple[Word, ...]) -> "_State":
        gone = tuple(GivenUp(None, word.text) for word in dropped)
        return replace(
            self, words=tuple(word for word in self.words if word not in dropped), given_up=self.given_up + gone
        )

    def without(self, field: ChipField) -> "_State":
        gone = tuple(GivenUp(chip.field, field.value) for chip in self.chips if chip.field is field)
        kept = tuple(one for one in self.given_up if one.what is not field)
        return replace(self, chips=tuple(chip for chip in self.chips if chip.field is not field), given_up=kept + gone)

    def moved(self, field: ChipField, filters: dict[str, Any], *, said: bool = True) -> "_State":
        chips = tuple(replace(chip, filters=filters) if chip.field is field else chip for chip in self.chips)
        kept = tuple(one for one in self.given_up if one.what is not field)
        return replace(
            self, chips=chips, given_up=(*kept, GivenUp(field, field.value, widened=True)) if said else self.given_up
        )

    def has(self, field: ChipField) -> Chip | None:
        return next((chip for chip in self.chips if chip.field is field), None)

    def city_as_words(self) -> "_State | None":
        """Look for the name of a city as words, for an area that is called so: None without one city."""
        chip = self.has(ChipField.CITY)
        if chip is None or len(chip.filters["city"]) > 1:
            return None
        name = tuple(Word(word, chip.spans[0], known=False) for word in words(chip.filters["city"][0]))
        kept = tuple(one for one in self.chips if one is not chip)
        return _State((*self.words, *name), kept, (*self.given_up, GivenUp(ChipField.CITY, "city", widened=True)))

    def attempt(self, explicit: ListingFilters, enough: int = 1) -> Attempt:
        wanted = {name: value for chip in self.chips for name, value in chip.filters.items()}
        for name in _DENIALS & wanted.keys():
            wanted[name] = tuple(dict.fromkeys((*getattr(explicit, name), *wanted[name])))
        sort = next((chip.sort for chip in self.chips if chip.sort is not None), None)
        text = " ".join(word.text for word in self.words)
        return Attempt(text, replace(explicit, **wanted), sort, self.given_up, enough)


def attempts(reading: Reading, explicit: ListingFilters) -> Iterator[Attempt]:
    """Yield the searches for a reading, whose chips leave the fields of `explicit` alone, or deny more values."""
    state = _State(reading.words, reading.chips)
    widths = [chip for chip in reading.chips if chip.wider]
    said_twice = state.has(ChipField.MODEL) is not None and state.has(ChipField.BODY) is not None
    yield state.attempt(explicit, ENOUGH if widths or said_twice else 1)
    if said_twice:  # the model says the body, and many ads do not
        yield (bodiless := state.without(ChipField.BODY)).attempt(explicit, ENOUGH if widths else 1)
        state = bodiless if widths else state
    for chip in widths:
        for number, wider in enumerate(chip.wider, 1):
            state = state.moved(chip.field, wider, said=False)
            yield state.attempt(explicit, 1 if number == len(chip.wider) and chip is widths[-1] else ENOUGH)
    if (named := state.city_as_words()) is not None:
        yield named.attempt(explicit)
    for step in _steps(state):
        if step.words or any(chip.sort is None for chip in step.chips):
            yield step.attempt(explicit)
    if reading.words and not reading.chips and reading.passed >= len(reading.words):
        yield _State(reading.words, ()).without_words(reading.words).attempt(explicit)  # a sentence that names nothing


def _steps(state: _State) -> Iterator[_State]:
    unknown = tuple(word for word in state.words if not word.known)
    if unknown and (state.chips or len(unknown) < len(state.words)):
        state = state.without_words(unknown)
        yield state
    for field in _SOFTEST_FIRST:
        if state.has(field):
            yield state.without(field)
    if (year := state.has(ChipField.YEAR)) is not None:
        for years in _YEARS:
            yield state.moved(ChipField.YEAR, _moved(year.filters, years))
    yield from _fewer_words(state)
    for field in _SOFTEST_FIRST:
        if state.has(field):
            state = state.without(field)
            yield state
    while len(state.words) > 1 or (state.words and state.chips):
        state = state.without_words(state.words[-1:])
        yield state
    yield from _hard_steps(state)


def _fewer_words(state: _State) -> Iterator[_State]:
    """Leave out each word alone, since no car may have "vxl" and "ags", and then all of them."""
    if len(state.words) > 1:
        yield from (state.without_words((word,)) for word in reversed(state.words))
    if state.words and state.chips:
        yield state.without_words(state.words)


def _hard_steps(state: _State) -> Iterator[_State]:
    if (year := state.has(ChipField.YEAR)) is not None:
        state = state.moved(ChipField.YEAR, _moved(year.filters, _YEARS[-1]))
        yield state
    if (price := state.has(ChipField.PRICE)) is not None:
        for share in _PRICE_SHARES:
            yield (moved := state.moved(ChipField.PRICE, _stretched(price.filters, share)))
        state = moved
    for field in _HARDEST_LAST:
        if state.has(field):
            yield state.without(field)
    for field in _HARDEST_LAST:
        if state.has(field):
            state = state.without(field)
            yield state


def _moved(filters: dict[str, Any], years: int) -> dict[str, Any]:
    return {name: value - years if name.endswith("_min") else value + years for name, value in filters.items()}


def _stretched(filters: dict[str, Any], share: float) -> dict[str, Any]:
    return {name: round(value * (1 - share if name.endswith("_min") else 1 + share)) for name, value in filters.items()}
