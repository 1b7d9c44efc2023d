"""Typeahead: from what was typed so far to names of the stock: makes, models, variants and cities.

The rules, the same on every engine: a name is offered where each typed word begins one of its words, or begins a known
spelling of them ("vw", "کرولا"). Where nothing does, each word from 4 letters may have one typo, none where a digit is
in it, also when the word is not finished ("toyta cor"). The names that most listings have come first, ties by kind in
the order of `SuggestionKind`, then by name. Names that differ in case or accents only are one, in the spelling that is
most frequent. Stop words are looked for as well: they may be the beginning of a name.

Engines give the names and their counts for an audience; this finds among them, in memory.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from core.errors import InvalidInputError
from core.search.words.folding import allowed_typos, fold, words
from core.search.words.fuzzy_match import within_typos
from core.search.words.query_terms import Spelling, synonyms

MAX_SUGGESTIONS = 50
_MAX_TEXT = 200
_MAX_WORDS = 12
_AFTER_ALL = "\U0010ffff"  # sorts behind every letter

Ranks = npt.NDArray[np.int32]  # names by rank, ascending, each once


class SuggestionKind(StrEnum):
    """What a suggestion names."""

    MAKE = "make"
    MODEL = "model"  # make and model
    VARIANT = "variant"  # make, model and variant
    CITY = "city"


@dataclass(frozen=True)
class Suggestion:
    """A name to complete the text with, and how many listings that the audience may see have it."""

    kind: SuggestionKind
    value: str
    count: int


def check(prefix: str, limit: int) -> None:
    """Refuse what no engine answers.

    Raises:
        InvalidInputError: `invalid_limit` or `invalid_text`.
    """
    if not 1 <= limit <= MAX_SUGGESTIONS:
        raise InvalidInputError(
            f"The limit is {limit}: ask for 1 to {MAX_SUGGESTIONS} suggestions.", code="invalid_limit"
        )
    if len(prefix) > _MAX_TEXT:
        raise InvalidInputError(f"The text has {len(prefix)} characters: use at most {_MAX_TEXT}.", code="invalid_text")


class SuggestIndex:
    """The names of one audience at one moment."""

    def __init__(self, names: Iterable[tuple[SuggestionKind, str, int]]) -> None:
        self._ranked = _ranked(names)
        pairs = sorted((word, rank) for rank, one in enumerate(self._ranked) for word in set(_words(one.value)))
        self._words = [word for word, _ in pairs]
        self._ranks = np.array([rank for _, rank in pairs], dtype=np.int32)

    def find(self, prefix: str, limit: int) -> list[Suggestion]:
        """The best names for what was typed so far."""
        typed = words(prefix)[:_MAX_WORDS]
        if not typed:
            return [] if prefix.strip() else self._ranked[:limit]
        found = _common([self._beginning(word) for word in typed])
        if not len(found):
            found = _common([self._similar(word) for word in typed])
        return [self._ranked[rank] for rank in found[:limit].tolist()]

    def _beginning(self, typed: str) -> Ranks:
        """The names with a word that begins so, or with what such a spelling stands for."""
        found = [self._between(typed, typed + _AFTER_ALL)]
        found += [_common([self._between(word, word + "\0") for word in meant]) for meant in _meant(typed)]
        return np.unique(np.concatenate(found))

    def _similar(self, typed: str) -> Ranks:
        """The names with a word that begins so but for a typo."""
        if not allowed_typos(typed):
            return self._beginning(typed)
        starts = [start for start in _candidates(typed, self._typos) if within_typos(typed, start, 1)]
        parts = [self._between(start, start + _AFTER_ALL) for start in starts]
        return np.unique(np.concatenate([self._beginning(typed), *parts]))

    def _between(self, first: str, behind: str) -> Ranks:
        return self._ranks[bisect_left(self._words, first) : bisect_left(self._words, behind)]

    @cached_property
    def _typos(self) -> dict[str, list[str]]:
        return _typo_table(tuple(dict.fromkeys(self._words)))


def _ranked(names: Iterable[tuple[SuggestionKind, str, int]]) -> list[Suggestion]:
    spellings: dict[tuple[SuggestionKind, str], list[tuple[int, str]]] = {}
    for kind, name, count in names:
        spellings.setdefault((kind, _folded(name)), []).append((-count, name))
    merged = [
        Suggestion(kind, min(found)[1], -sum(count for count, _ in found)) for (kind, _), found in spellings.items()
    ]
    order = {kind: number for number, kind in enumerate(SuggestionKind)}
    return sorted(merged, key=lambda one: (-one.count, order[one.kind], one.value))


def _common(found: list[Ranks]) -> Ranks:
    found.sort(key=len)
    common = found[0] if len(found) > 1 else np.unique(found[0])
    for other in found[1:]:
        common = np.intersect1d(common, other)
    return common


def _meant(typed: str) -> Iterator[Spelling]:
    if len(typed) < 2:
        return
    spellings = _spellings()
    for number in range(bisect_left(spellings, (typed,)), len(spellings)):
        word, meant = spellings[number]
        if not word.startswith(typed):
            return
        yield meant


def _candidates(typed: str, table: dict[str, list[str]]) -> set[str]:
    return {start for shorter in _shortened(typed) for start in table.get(shorter, ())}


def _shortened(word: str) -> set[str]:
    """The word, and the word without any one of its letters."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


@lru_cache(maxsize=4)
def _typo_table(known: tuple[str, ...]) -> dict[str, list[str]]:
    """Beginnings of words by what they are without one letter: two that differ by a typo share such an entry."""
    table: dict[str, list[str]] = {}
    for start in {word[:length] for word in known for length in range(3, len(word) + 1)}:
        for shorter in _shortened(start):
            table.setdefault(shorter, []).append(start)
    return table


@lru_cache(maxsize=1)
def _spellings() -> list[tuple[str, Spelling]]:
    """Each word of every known spelling, sorted, with what the spelling stands for; single letters say too little."""
    found = {(word, meant) for typed, meanings in synonyms().items() for meant in meanings for word in typed}
    return sorted(pair for pair in found if len(pair[0]) > 1)


@lru_cache(maxsize=65_536)
def _words(name: str) -> tuple[str, ...]:
    return tuple(words(name))


@lru_cache(maxsize=65_536)
def _folded(name: str) -> str:
    return fold(name)
