"""Read one thing of a search at a token: the longest that it can mean.

Order at a token: number plates, phrases of the lexicon that are longer than a name, names of several words, numbers
with their units and bounds, other names, two digits of a year behind a model, and else a word for the engine.
"""

from collections.abc import Iterable
from typing import Any

from core.search.query import Sort
from core.search.reading.chips import Chip, ChipField, Note, Span, Word
from core.search.reading.lexicon import Lexicon, lexicon
from core.search.reading.names import Found, NameFinder, text_of
from core.search.reading.parting import parted
from core.search.reading.plates import plate_at, plate_behind, plate_chip
from core.search.reading.quantities import phrase_at
from core.search.reading.ranges import range_at, year_behind_model
from core.search.reading.tokens import tokenize
from core.search.reading.vocabulary import NameKind, StockVocabulary

_LONGEST_PHRASE = 5
BOUNDED = {ChipField.YEAR, ChipField.PRICE, ChipField.MILEAGE, ChipField.ENGINE}
_KINDS = {NameKind.MAKE: ChipField.MAKE, NameKind.MODEL: ChipField.MODEL, NameKind.CITY: ChipField.CITY}
Sizes = tuple[int, int, int, int]


class ThingReader:
    """Reads the things of one text, and holds what was read so far."""

    def __init__(self, text: str, vocabulary: StockVocabulary, literal: frozenset[ChipField]) -> None:
        self.known: Lexicon = lexicon()
        self.tokens = parted(tokenize(text, self.known.glued), vocabulary, self.known.glued)
        self.names = NameFinder(self.tokens, vocabulary, self.known)
        self.chips: list[Chip] = []
        self.notes: list[Note] = []
        self.words: list[Word] = []
        self.implied: list[Chip] = []  # models of the trims that stand as words
        self.passed = 0
        self.make: str | None = None  # the make whose models are looked for first
        self.units: dict[int, tuple[int, int]] = {}  # by the token behind it: its first token, and chips before it
        self._text = text
        self._stock = vocabulary
        self._literal = literal

    def sizes(self) -> Sizes:
        """Count what was read so far."""
        return len(self.chips), len(self.notes), len(self.words), len(self.implied)

    def forget(self, sizes: Sizes) -> None:
        """Take back what was read since these counts."""
        chips, notes, words, implied = sizes
        del self.chips[chips:], self.notes[notes:], self.words[words:], self.implied[implied:]

    def span(self, at: int, stop: int) -> Span:
        """Return where tokens stand in the text."""
        return self.tokens[at].start, self.tokens[stop - 1].stop

    def note(self, at: int, stop: int) -> None:
        """Keep tokens as a note."""
        begin, end = self.span(at, stop)
        self.notes.append(Note(self._text[begin:end], (begin, end)))

    def read(self, at: int) -> int:
        """Read what begins at a token, and return the token behind it."""
        said = plate_at(self.tokens, at, self.names, self.known)
        if said is not None and (plate := self._plate(said[0], at, said[1])) is not None:
            return plate
        name = self.names.at(at, self.make)
        phrase = phrase_at(self.tokens, at, self.known.meanings, _LONGEST_PHRASE)
        size = len(phrase or ())
        if phrase is not None and self._prefers_phrase(name, size, at):
            return self._mean(self.known.meanings[phrase], at, at + size)
        aside = self._aside(at)
        if name is not None and name.size > 1 and name.size >= aside:
            return self._name(name, at)
        number = range_at(self.tokens, at, self.known)
        is_model = name is not None and self.tokens[at].is_number and (number is None or number[1] == at + 1)
        if number is not None and number[0].field not in self._literal and not is_model:
            self.chips.append(number[0])
            return number[1]
        if name is not None and name.size >= aside and not (aside and not name.exact):
            return self._name(name, at)
        year = year_behind_model(self.tokens, at) if number is None and self._ends_behind_model(at) else None
        if year is not None and ChipField.YEAR not in self._literal:
            self.chips.append(year[0])
            return year[1]
        return self._pass_over(at, aside) if aside else self._word(at)

    def _ends_behind_model(self, at: int) -> bool:
        """Tell whether a model stands before a token, and behind it nothing, a name or a phrase: so it has no unit."""
        before = self.chips[self.units[at][1] :] if at in self.units else []
        return [chip.field for chip in before[-1:]] == [ChipField.MODEL] and self.names.ends_or_begins(at + 1)

    def _prefers_phrase(self, name: Found | None, size: int, at: int) -> bool:
        """Tell whether the lexicon's meaning is taken before a name of the stock: where it is longer or a nickname.

        "jeep" is the make where one of its models follows, and a kind of car where none does.
        """
        if len(phrase_at(self.tokens, at, self.known.notes) or ()) > size:
            return False  # "brand new condition"
        if name is None or size > name.size:
            return True
        if size < name.size:
            return False
        if name.name.kind is NameKind.MODEL and self.make is None:
            return True
        if name.name.kind is not NameKind.MAKE:
            return name.name.family or not name.exact
        return not self.names.is_model_of(at + name.size, text_of(name.name))

    def _name(self, found: Found, at: int) -> int:
        stop = at + found.size
        field = _KINDS[found.name.kind]
        if field in self._literal:
            return self._word(at)
        if field is ChipField.MAKE:
            self.make = text_of(found.name)
        elif field is ChipField.MODEL:
            self.make = None  # digits that follow are a year
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
                self.chips.append(Chip(field, (self.span(at, stop),), {}, sort=Sort(value)))
            elif field in BOUNDED:
                ends = {f"{field.value}_min": value[0], f"{field.value}_max": value[1]}
                self._add(field, {end: number for end, number in ends.items() if number}, at, stop)
            else:
                self._add(field, {field.value: tuple(value)}, at, stop)
        return stop

    def _plate_after(self, at: int, values: Iterable[str], start: int) -> int | None:
        """Read "number" or "registered" behind a place: the car's plate is meant, not where it stands."""
        size = plate_behind(self.tokens, at, self.known)
        return self._plate(values, start, at + size) if size else None

    def _plate(self, values: Iterable[str], at: int, stop: int) -> int | None:
        if ChipField.REGISTERED_IN in self._literal:
            return None
        self.chips.append(plate_chip(values, self.tokens, at, stop, self.known))
        return stop

    def _aside(self, at: int) -> int:
        """Return how many tokens at this place ask for nothing, or for what can be no filter."""
        note = phrase_at(self.tokens, at, self.known.notes)
        filler = phrase_at(self.tokens, at, self.known.fillers)
        size = max(len(note or ()), len(filler or ()))
        return 0 if size and self.names.is_part_of_name(at) else size

    def _pass_over(self, at: int, size: int) -> int:
        if tuple(token.text for token in self.tokens[at : at + size]) in self.known.notes:
            self.note(at, at + size)
        self.passed += size
        return at + size

    def _word(self, at: int) -> int:
        token = self.tokens[at]
        for word in self.names.words_of(at):
            known = word in self._stock.words
            self.words.append(Word(word, (token.start, token.stop), known))
        trim_of = "" if token.text in self.known.words else self._stock.model_of_trim.get(token.text, "")
        model = self._stock.names.get(tuple(trim_of.split()))
        if model is not None and model.kind is NameKind.MODEL and ChipField.MODEL not in self._literal:
            self.implied.append(Chip(ChipField.MODEL, (self.span(at, at + 1),), {"model": model.values}))
        return at + 1

    def _add(self, field: ChipField, filters: dict[str, Any], at: int, stop: int) -> None:
        self.chips.append(Chip(field, (self.span(at, stop),), filters))
