"""Read where a car's number plate is from: "lahore number", "registered in karachi", "punjab registered"."""

from collections.abc import Iterable

from core.search.reading.chips import Chip, ChipField
from core.search.reading.lexicon import Lexicon
from core.search.reading.names import NameFinder
from core.search.reading.quantities import phrase_at
from core.search.reading.tokens import Token
from core.search.reading.vocabulary import NameKind

_LONGEST_PLACE = 5


def plate_behind(tokens: list[Token], at: int, known: Lexicon) -> int:
    """Return how many tokens say that the place before them is that of a plate."""
    return len(phrase_at(tokens, at, known.units["plate"]) or ())


def plate_at(tokens: list[Token], at: int, names: NameFinder, known: Lexicon) -> tuple[Iterable[str], int] | None:
    """Read "registered in" and its place: the place's values, and the token behind it."""
    said = phrase_at(tokens, at, known.units["plate_before"])
    if said is None or at + len(said) >= len(tokens):
        return None
    start = at + len(said)
    name = names.at(start, None)
    if name is not None and name.name.kind is NameKind.CITY:
        return name.name.values, start + name.size
    phrase = phrase_at(tokens, start, known.meanings, _LONGEST_PLACE)
    if phrase is None or "province" not in known.meanings[phrase]:
        return None
    return known.meanings[phrase]["province"], start + len(phrase)


def plate_chip(places: Iterable[str], tokens: list[Token], at: int, stop: int, known: Lexicon) -> Chip:
    """Make the chip of plates of these places; those of a province are those of its cities, too."""
    values = tuple(dict.fromkeys(plate for place in places for plate in (place, *known.plates.get(place, ()))))
    span = (tokens[at].start, tokens[stop - 1].stop)
    return Chip(ChipField.REGISTERED_IN, (span,), {"registered_in": values})
