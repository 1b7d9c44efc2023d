"""Complete a text that is being typed to names of the stock: makes, models, variants and cities.

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
    """The kind of name that is suggested."""

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


def check_request(prefix: str, limit: int) -> None:
    """Refuse a limit or a text out of bounds.

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
    """The names that one audience sees at one moment."""

    def __init__(self, names: Iterable[tuple[SuggestionKind, str, int]]) -> None:
        self._ranked = _ranked(names)
        pairs = sorted((word, rank) for rank, one in enumerate(self._ranked) for word in set(_words(one.value)))
        self._words = [word for word, _ in pairs]
        self._ranks = np.array([rank for _, rank in pairs], dtype=np.int32)

    @property
    def ranked(self) -> list[Suggestion]:
        """All names, those that most listings have first."""
        return self._ranked

    def find(self, prefix: str, limit: int) -> list[Suggestion]:
        """Return the names that listings have most for a text that is being typed."""
        typed = words(prefix)[:_MAX_WORDS]
        if not typed:
            return [] if prefix.strip() else self._ranked[:limit]
        found = self._written_together(prefix)
        if not len(found):
            found = _intersection([self._with_prefix(word) for word in typed])
        if not len(found):
            found = _intersection([self._with_typo(word) for word in typed])
        return [self._ranked[rank] for rank in found[:limit].tolist()]

    def _written_together(self, prefix: str) -> Ranks:
        """Return the names with the parts of "cr-v" as whole words, if something was typed so; the last may go on."""
        chunks = [words(chunk) for chunk in prefix.split()]
        if all(len(chunk) < 2 for chunk in chunks) or sum(map(len, chunks)) > _MAX_WORDS:
            return np.zeros(0, dtype=np.int32)
        whole = [word for chunk in chunks for word in chunk[: -1 if len(chunk[-1:][0]) > 1 else None] if len(chunk) > 1]
        begun = [word for chunk in chunks for word in chunk if len(chunk) < 2 or (word == chunk[-1] and len(word) > 1)]
        return _intersection(
            [*(self._between(word, word + "\0") for word in whole), *(self._with_prefix(word) for word in begun)]
        )

    def _with_prefix(self, typed: str) -> Ranks:
        """Return the names with a word that begins so, or with what a spelling that begins so stands for."""
        found = [self._between(typed, typed + _AFTER_ALL)]
        found += [_intersection([self._between(word, word + "\0") for word in meant]) for meant in _meanings(typed)]
        return np.unique(np.concatenate(found))

    def _with_typo(self, typed: str) -> Ranks:
        """Return the names with a word that begins so, but for a typo."""
        if not allowed_typos(typed):
            return self._with_prefix(typed)
        starts = [start for start in _candidates(typed, self._prefixes) if within_typos(typed, start, 1)]
        parts = [self._between(start, start + _AFTER_ALL) for start in starts]
        return np.unique(np.concatenate([self._with_prefix(typed), *parts]))

    def _between(self, first: str, end: str) -> Ranks:
        """Return the names with a word from `first` up to but not including `end`."""
        return self._ranks[bisect_left(self._words, first) : bisect_left(self._words, end)]

    @cached_property
    def _prefixes(self) -> dict[str, list[str]]:
        return _deletion_index(tuple(dict.fromkeys(self._words)))


def _ranked(names: Iterable[tuple[SuggestionKind, str, int]]) -> list[Suggestion]:
    spellings: dict[tuple[SuggestionKind, str], list[tuple[int, str]]] = {}
    for kind, name, count in names:
        spellings.setdefault((kind, _folded(name)), []).append((-count, name))
    merged = [
        Suggestion(kind, min(found)[1], -sum(count for count, _ in found)) for (kind, _), found in spellings.items()
    ]
    order = {kind: number for number, kind in enumerate(SuggestionKind)}
    return sorted(merged, key=lambda one: (-one.count, order[one.kind], one.value))


def _intersection(found: list[Ranks]) -> Ranks:
    found.sort(key=len)
    common = found[0] if len(found) > 1 else np.unique(found[0])
    for other in found[1:]:
        common = np.intersect1d(common, other)
    return common


def _meanings(typed: str) -> Iterator[Spelling]:
    if len(typed) < 2:
        return
    spellings = _spellings()
    for number in range(bisect_left(spellings, (typed,)), len(spellings)):
        word, meant = spellings[number]
        if not word.startswith(typed):
            return
        yield meant


def _candidates(typed: str, table: dict[str, list[str]]) -> set[str]:
    return {start for shorter in _deletions(typed) for start in table.get(shorter, ())}


def _deletions(word: str) -> set[str]:
    """Return the word, and the word without any one of its letters."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


@lru_cache(maxsize=4)
def _deletion_index(known: tuple[str, ...]) -> dict[str, list[str]]:
    """Build a deletion index (as SymSpell does): from a prefix without one letter to the prefixes.

    Two prefixes that differ by one typo share such a shortened form.
    """
    table: dict[str, list[str]] = {}
    for start in {word[:length] for word in known for length in range(3, len(word) + 1)}:
        for shorter in _deletions(start):
            table.setdefault(shorter, []).append(start)
    return table


@lru_cache(maxsize=1)
def _spellings() -> list[tuple[str, Spelling]]:
    """List each word of every known spelling, sorted, with the words that the spelling stands for.

    Single letters are left out: they say too little.
    """
    found = {(word, meant) for typed, meanings in synonyms().items() for meant in meanings for word in typed}
    return sorted(pair for pair in found if len(pair[0]) > 1)


@lru_cache(maxsize=65_536)
def _words(name: str) -> tuple[str, ...]:
    return tuple(words(name))


@lru_cache(maxsize=65_536)
def _folded(name: str) -> str:
    return fold(name)
