"""Load what words of searches mean, from one file a language, and hold it as one set of phrases."""

import tomllib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any

from core.search.words.folding import words
from core.search.words.query_terms import synonyms

Phrase = tuple[str, ...]
LANGUAGES = ("english", "roman_urdu", "urdu")
_UNITS = ("to", "cc", "litre", "km", "seats", "year", "plate", "plate_before", "km_before")


class Bound(StrEnum):
    """The bound that words around a number give it."""

    BELOW = "below"  # the number itself is left out, where it is a year
    AT_MOST = "at_most"
    ABOVE = "above"
    AT_LEAST = "at_least"
    AROUND = "around"
    BETWEEN = "between"


@dataclass(frozen=True)
class Lexicon:
    """All languages together. Phrases are folded words."""

    meanings: dict[Phrase, dict[str, Any]]  # filters and orders, by their names in the files
    fillers: frozenset[Phrase]
    notes: frozenset[Phrase]
    plain: frozenset[str]
    amounts: dict[Phrase, int]
    numbers: dict[Phrase, float]
    before: dict[Phrase, Bound]
    after: dict[Phrase, Bound]
    units: dict[str, frozenset[Phrase]]
    plates: dict[str, tuple[str, ...]]  # of a province, where cars are registered in its cities
    denials: dict[str, frozenset[Phrase]]  # before and after what is not wanted, and between
    glued: frozenset[str] = field(default=frozenset())  # units that may be written onto their number
    words: frozenset[str] = field(default=frozenset())  # every single word of it: none is a misspelt name


_DENIALS = ("before", "after", "joins", "links")


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """Return the lexicon.

    Raises:
        ValueError: a phrase means two things.
    """
    listed = {name: _read(name) for name in LANGUAGES}
    amounts = {phrase: int(value) for phrase, value in _numbered(listed, "amounts").items()}
    units = {name: frozenset(_phrases(listed, "units", name)) for name in _UNITS}
    meanings: dict[Phrase, dict[str, Any]] = {}
    for language, read in listed.items():
        for entry in read.get("phrases", ()):
            meaning = {name: value for name, value in entry.items() if name != "says"}
            for phrase in map(_folded, entry["says"]):
                if meanings.setdefault(phrase, meaning) != meaning:
                    raise ValueError(f"{language}.toml: {' '.join(phrase)!r} means two things.")
    _add_other_spellings(meanings)
    denials = {place: frozenset(_phrases(listed, "denials", place)) for place in _DENIALS}
    glued = {phrase[0] for name in ("cc", "litre", "km", "seats") for phrase in units[name] if len(phrase) == 1}
    made = Lexicon(
        meanings=meanings,
        fillers=frozenset(_folded(one) for read in listed.values() for one in read["fillers"]),
        notes=frozenset(_folded(one) for read in listed.values() for one in read["notes"]),
        plain=frozenset(word for read in listed.values() for one in read["plain"] for word in _folded(one)),
        amounts=amounts,
        numbers=_numbered(listed, "numbers"),
        before=_bounds(listed, "before"),
        after=_bounds(listed, "after"),
        units=units,
        plates={
            province: tuple(cities) for read in listed.values() for province, cities in read.get("plates", {}).items()
        },
        denials=denials,
        glued=frozenset(glued | {phrase[0] for phrase in amounts if len(phrase) == 1}),
    )
    return Lexicon(**vars(made) | {"words": _every_word(made)})


def _read(language: str) -> dict[str, Any]:
    return tomllib.loads((files("core.search.reading") / "lexicon" / f"{language}.toml").read_text(encoding="utf-8"))


def _folded(phrase: str) -> Phrase:
    return tuple(words(phrase))


def _phrases(listed: dict[str, dict[str, Any]], table: str, name: str) -> list[Phrase]:
    return [_folded(one) for read in listed.values() for one in read[table].get(name, ())]


def _numbered(listed: dict[str, dict[str, Any]], table: str) -> dict[Phrase, float]:
    return {
        _folded(one): float(value) for read in listed.values() for value, said in read[table].items() for one in said
    }


def _bounds(listed: dict[str, dict[str, Any]], table: str) -> dict[Phrase, Bound]:
    return {phrase: bound for bound in Bound for phrase in _phrases(listed, table, bound.value)}


def _add_other_spellings(meanings: dict[Phrase, dict[str, Any]]) -> None:
    """Give each known spelling of a phrase ("safaid" for "white") the phrase's meaning."""
    for spelling, stands_for in synonyms().items():
        for meant in stands_for:
            if meant in meanings and spelling not in meanings:
                meanings[spelling] = meanings[meant]


def _every_word(made: Lexicon) -> frozenset[str]:
    tables: list[Any] = [made.meanings, made.fillers, made.notes, made.amounts, made.numbers, made.before, made.after]
    phrases = [phrase for table in (*tables, *made.units.values(), *made.denials.values()) for phrase in table]
    return made.plain | {word for phrase in phrases for word in phrase}
