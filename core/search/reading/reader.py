"""Read a search: token by token, the longest thing that it can mean. Total: any text has a reading.

Order at a token: names of several words, numbers with their units and bounds, other names and phrases of the lexicon,
and else a word for the engine. Whatever is read twice is read once: the first word on a field stands, alternatives of a
listed field ("black or white") add up.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from core.search.query import Sort
from core.search.reading.chips import Chip, ChipField, Note, Reading, Span, Word
from core.search.reading.lexicon import Lexicon, lexicon
from core.search.reading.merging import merged
from core.search.reading.names import Found, NameFinder, text_of
from core.search.reading.negation import can_be_denied, denial_before, denial_behind, denied_names, goes_on, without
from core.search.reading.parting import parted
from core.search.reading.plates import plate_at, plate_behind, plate_chip
from core.search.reading.quantities import phrase_at
from core.search.reading.ranges import range_at, year_behind_model
from core.search.reading.tokens import tokenize
from core.search.reading.vocabulary import NameKind, StockVocabulary

_LONGEST_PHRASE = 5
_NUMBERS = {ChipField.YEAR, ChipField.PRICE, ChipField.MILEAGE, ChipField.ENGINE, ChipField.SEATS}
_KINDS = {NameKind.MAKE: ChipField.MAKE, NameKind.MODEL: ChipField.MODEL, NameKind.CITY: ChipField.CITY}


def read(text: str, vocabulary: StockVocabulary, literal: frozenset[ChipField] = frozenset()) -> Reading:
    """Read a text by the names of a stock; fields of `literal` are never read, their words stay words."""
    return _Reader(text, vocabulary, literal).reading()


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str, vocabulary: StockVocabulary, literal: frozenset[ChipField]) -> None:
        self._text = text
        self._known: Lexicon = lexicon()
        self._tokens = parted(tokenize(text, self._known.glued), vocabulary, self._known.glued)
        self._names = NameFinder(self._tokens, vocabulary, self._known)
        self._stock = vocabulary
        self._literal = literal
        self._chips: list[Chip] = []
        self._notes: list[Note] = []
        self._words: list[Word] = []
        self._implied: list[Chip] = []
        self._denied: list[Chip] = []
        self._make: str | None = None
        self._passed = 0
        self._units: dict[int, tuple[int, int]] = {}  # by the token behind it: its first token, and chips before it

    def reading(self) -> Reading:
        at = 0
        while at < len(self._tokens):
            at = self._read_or_deny(at)
        if not any(chip.field is ChipField.MODEL for chip in self._chips):
            self._chips += self._implied[:1]
        chips = tuple(without(merged(self._chips), self._denied))
        return Reading(chips, tuple(self._notes), tuple(self._words), bool(self._tokens), self._passed)

    def _read_or_deny(self, at: int) -> int:
        """Read what begins at a token; with a word of denial before or behind it, it is what is not wanted."""
        said = denial_before(self._tokens, at, self._known)
        sizes = self._sizes()
        stop = self._read(at + said)
        self._units[stop] = (at, sizes[0])
        after = 0 if said else denial_behind(self._tokens, stop, self._known)
        if not said and not after:
            return stop
        if said:
            stop = self._read_list(stop, sizes[0])
        else:
            at, first = self._list_before(at, sizes[0])
            sizes, stop = (first, *sizes[1:]), stop + after
        meant = denied_names(self._chips[sizes[0] :])
        if any(chip.field in _NUMBERS or chip.sort is not None for chip in meant):
            return stop
        self._forget(sizes)
        span = self._span(at, stop)
        if meant and can_be_denied(meant, self._literal):
            self._denied += [replace(chip, spans=(span,)) for chip in meant]
        else:
            self._notes.append(Note(self._text[span[0] : span[1]], span))
        return stop

    def _read_list(self, stop: int, first: int) -> int:
        """Read on behind what is denied: the model of a make, and more of its kind joined by "or"."""
        while stop < len(self._tokens):
            fields, sizes, make = {chip.field for chip in self._chips[first:]}, self._sizes(), self._make
            joined = phrase_at(self._tokens, stop, self._known.denials["joins"], 1)
            start = stop + len(joined or ())
            after = self._read(start) if fields and start < len(self._tokens) else start
            found = {chip.field for chip in self._chips[sizes[0] :]}
            is_its_model = joined is None and (*fields, *found) == (ChipField.MAKE, ChipField.MODEL)
            is_more = goes_on(fields, found, joined=joined is not None) and not self._names.is_model_of(
                after, self._make
            )
            if not (is_its_model or is_more):
                self._forget(sizes)
                self._make = make
                break
            stop = after
        return stop

    def _list_before(self, at: int, first: int) -> tuple[int, int]:
        """Return where what is denied begins: at the make of its model, or at things of its kind that are joined to it.

        The first token is given, and how many chips were read before it.
        """
        fields = {chip.field for chip in self._chips[first:]}
        while at:
            joined = (self._tokens[at - 1].text,) in self._known.denials["joins"]
            start, before = self._units.get(at - joined, (at, first))
            found = {chip.field for chip in self._chips[before:first]}
            is_its_make = not joined and found == {ChipField.MAKE} and fields == {ChipField.MODEL}
            if not (is_its_make or goes_on(fields, found, joined=joined)):
                break
            at, first = start, before
        return at, first

    def _sizes(self) -> tuple[int, int, int, int]:
        return len(self._chips), len(self._notes), len(self._words), len(self._implied)

    def _forget(self, sizes: tuple[int, int, int, int]) -> None:
        chips, notes, words, implied = sizes
        del self._chips[chips:], self._notes[notes:], self._words[words:], self._implied[implied:]

    def _read(self, at: int) -> int:
        """Read what begins at a token, and return the token behind it."""
        said = plate_at(self._tokens, at, self._names, self._known)
        if said is not None and (plate := self._plate(said[0], at, said[1])) is not None:
            return plate
        name = self._names.at(at, self._make)
        phrase = phrase_at(self._tokens, at, self._known.meanings, _LONGEST_PHRASE)
        size = len(phrase or ())
        if phrase is not None and self._prefers_phrase(name, size, at):
            return self._mean(self._known.meanings[phrase], at, at + size)
        aside = self._aside(at)
        if name is not None and name.size > 1 and name.size >= aside:
            return self._name(name, at)
        number = range_at(self._tokens, at, self._known)
        is_model = name is not None and self._tokens[at].is_number and (number is None or number[1] == at + 1)
        if number is not None and number[0].field not in self._literal and not is_model:
            self._chips.append(number[0])
            return number[1]
        if name is not None and name.size >= aside and not (aside and not name.exact):
            return self._name(name, at)
        year = year_behind_model(self._tokens, at) if number is None and self._ends_behind_model(at) else None
        if year is not None and ChipField.YEAR not in self._literal:
            self._chips.append(year[0])
            return year[1]
        return self._pass_over(at, aside) if aside else self._word(at)

    def _ends_behind_model(self, at: int) -> bool:
        """Tell whether a model stands before a token, and behind it nothing, a name or a phrase: so it has no unit."""
        before = self._chips[self._units[at][1] :] if at in self._units else []
        return [chip.field for chip in before[-1:]] == [ChipField.MODEL] and self._names.ends_or_begins(at + 1)

    def _prefers_phrase(self, name: Found | None, size: int, at: int) -> bool:
        """Tell whether the lexicon's meaning is taken before a name of the stock: where it is longer or a nickname.

        "jeep" is the make where one of its models follows, and a kind of car where none does.
        """
        if len(phrase_at(self._tokens, at, self._known.notes) or ()) > size:
            return False  # "brand new condition"
        if name is None or size > name.size:
            return True
        if size < name.size:
            return False
        if name.name.kind is NameKind.MODEL and self._make is None:
            return True
        if name.name.kind is not NameKind.MAKE:
            return name.name.family or not name.exact
        return not self._names.is_model_of(at + name.size, text_of(name.name))

    def _name(self, found: Found, at: int) -> int:
        stop = at + found.size
        field = _KINDS[found.name.kind]
        if field in self._literal:
            return self._word(at)
        if field is ChipField.MAKE:
            self._make = text_of(found.name)
        elif field is ChipField.MODEL:
            self._make = None  # digits that follow are a year
        if field is ChipField.CITY and (plate := self._plate_after(stop, found.name.values, at)) is not None:
            return plate
        self._add(field, {field.value: found.name.values}, at, stop)
        return stop

    def _mean(self, meaning: dict[str, Any], at: int, stop: int) -> int:
        if "province" in meaning and (plate := self._plate_after(stop, meaning["province"], at)) is not None:
            return plate
        fields = [ChipField(name) for name in meaning]
        if self._literal.intersection(fields):
            return self._word(at)
        for field in fields:
            value = meaning[field.value]
            if field is ChipField.SORT:
                self._chips.append(Chip(field, (self._span(at, stop),), {}, sort=Sort(value)))
            elif field in _NUMBERS and field is not ChipField.SEATS:
                ends = {f"{field.value}_min": value[0], f"{field.value}_max": value[1]}
                self._add(field, {end: number for end, number in ends.items() if number}, at, stop)
            else:
                self._add(field, {field.value: tuple(value)}, at, stop)
        return stop

    def _plate_after(self, at: int, values: Iterable[str], start: int) -> int | None:
        """Read "number" or "registered" behind a place: the car's plate is meant, not where it stands."""
        size = plate_behind(self._tokens, at, self._known)
        return self._plate(values, start, at + size) if size else None

    def _plate(self, values: Iterable[str], at: int, stop: int) -> int | None:
        if ChipField.REGISTERED_IN in self._literal:
            return None
        self._chips.append(plate_chip(values, self._tokens, at, stop, self._known))
        return stop

    def _aside(self, at: int) -> int:
        """Return how many tokens at this place ask for nothing, or for what can be no filter."""
        if self._names.is_part_of_name(at):
            return 0
        note = phrase_at(self._tokens, at, self._known.notes)
        filler = phrase_at(self._tokens, at, self._known.fillers)
        return max(len(note or ()), len(filler or ()))

    def _pass_over(self, at: int, size: int) -> int:
        if tuple(token.text for token in self._tokens[at : at + size]) in self._known.notes:
            start, stop = self._span(at, at + size)
            self._notes.append(Note(self._text[start:stop], (start, stop)))
        self._passed += size
        return at + size

    def _word(self, at: int) -> int:
        token = self._tokens[at]
        for word in self._names.words_of(at):
            known = word in self._stock.words
            self._words.append(Word(word, (token.start, token.stop), known))
        trim_of = "" if token.text in self._known.words else self._stock.model_of_trim.get(token.text, "")
        model = self._stock.names.get(tuple(trim_of.split()))
        if model is not None and model.kind is NameKind.MODEL and ChipField.MODEL not in self._literal:
            self._implied.append(Chip(ChipField.MODEL, (self._span(at, at + 1),), {"model": model.values}))
        return at + 1

    def _add(self, field: ChipField, filters: dict[str, Any], at: int, stop: int) -> None:
        self._chips.append(Chip(field, (self._span(at, stop),), filters))

    def _span(self, at: int, stop: int) -> Span:
        return self._tokens[at].start, self._tokens[stop - 1].stop
