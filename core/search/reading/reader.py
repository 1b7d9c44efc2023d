"""Read a search: token by token, the longest thing that it can mean, and what it denies. Total: any text has a reading.

Whatever is read twice is read once: the first word on a field stands, alternatives of a listed field ("black or
white") add up.
"""

from dataclasses import replace

from core.search.reading.chips import Chip, ChipField, Reading
from core.search.reading.merging import merged
from core.search.reading.names import make_words
from core.search.reading.negation import can_be_denied, denial_before, denial_behind, denied_names, goes_on, without
from core.search.reading.quantities import phrase_at
from core.search.reading.things import BOUNDED, ThingReader
from core.search.reading.vocabulary import StockVocabulary

_NUMBERS = BOUNDED | {ChipField.SEATS}


def read(text: str, vocabulary: StockVocabulary, literal: frozenset[ChipField] = frozenset()) -> Reading:
    """Read a text by the names of a stock; fields of `literal` are never read, their words stay words."""
    return _Reader(ThingReader(text, vocabulary, literal), literal).reading()


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, things: ThingReader, literal: frozenset[ChipField]) -> None:
        self._things = things
        self._tokens, self._known = things.tokens, things.known
        self._literal = literal
        self._denied: list[Chip] = []

    def reading(self) -> Reading:
        at = 0
        while at < len(self._tokens):
            at = self._read_or_deny(at)
        if not any(chip.field is ChipField.MODEL for chip in self._things.chips):
            self._things.chips += self._things.implied[:1]
        chips = tuple(without(merged(self._things.chips), self._denied))
        return Reading(
            chips, tuple(self._things.notes), tuple(self._things.words), bool(self._tokens), self._things.passed
        )

    def _read_or_deny(self, at: int) -> int:
        """Read what begins at a token; with a word of denial before or behind it, it is what is not wanted."""
        said = denial_before(self._tokens, at, self._known)
        sizes = self._things.sizes()
        stop = self._things.read(at + said)
        self._things.units[stop] = (at, sizes[0])
        after = 0 if said else denial_behind(self._tokens, stop, self._known)
        if not said and not after:
            return stop
        if said:
            stop = self._read_list(stop, sizes[0])
        else:
            at, first = self._list_before(at, sizes[0])
            sizes, stop = (first, *sizes[1:]), stop + after
        meant = denied_names(self._things.chips[sizes[0] :])
        if any(chip.field in _NUMBERS or chip.sort is not None for chip in meant):
            return stop
        self._things.forget(sizes)
        span = self._things.span(at, stop)
        if meant and can_be_denied(meant, self._literal):
            self._denied += [replace(chip, spans=(span,)) for chip in meant]
        else:
            self._things.note(at, stop)
        return stop

    def _read_list(self, stop: int, first: int) -> int:
        """Read on behind what is denied: the model of a make, and more of its kind joined by "or"."""
        while stop < len(self._tokens):
            fields, sizes, make = (
                {chip.field for chip in self._things.chips[first:]},
                self._things.sizes(),
                self._things.make,
            )
            joined = phrase_at(self._tokens, stop, self._known.denials["joins"], 1)
            start = stop + len(joined or ())
            after = self._things.read(start) if fields and start < len(self._tokens) else start
            found = {chip.field for chip in self._things.chips[sizes[0] :]}
            is_its_model = joined is None and (*fields, *found) == (ChipField.MAKE, ChipField.MODEL)
            is_more = goes_on(fields, found, joined=joined is not None) and not self._things.names.is_model_of(
                after, self._things.make
            )
            if not (is_its_model or is_more):
                self._things.forget(sizes)
                self._things.make = make
                break
            stop = after
        return stop

    def _list_before(self, at: int, first: int) -> tuple[int, int]:
        """Return where what is denied begins: at the make of its model, or at things of its kind that are joined to it.

        The first token is given, and how many chips were read before it.
        """
        fields = {chip.field for chip in self._things.chips[first:]}
        is_model = fields == {ChipField.MODEL}
        while at:
            joined = (self._tokens[at - 1].text,) in self._known.denials["joins"]
            start, before = self._things.units.get(at - joined, (at, first))
            chips = self._things.chips[before:first]
            found = {chip.field for chip in chips}
            is_its_make = is_model and not joined and self._is_make_of(chips, at)
            if not (is_its_make or goes_on(fields, found, joined=joined)):
                break
            at, first, is_model = start, before, found == {ChipField.MODEL}
        return at, first

    def _is_make_of(self, chips: list[Chip], at: int) -> bool:
        """Tell whether what was read is the make of the model that begins at a token, and no other make."""
        if [chip.field for chip in chips] != [ChipField.MAKE]:
            return False
        return self._things.names.is_model_of(at, make_words(chips[0].filters["make"][0]))
