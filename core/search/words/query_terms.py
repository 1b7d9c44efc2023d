"""Parse the text of a search into terms: each a word or a known spelling, with what it stands for.

Stop words are dropped; then the longest run of words that is a known spelling makes one term, and any other word makes
a term of its own. A listing has to match every term. Only searches are widened, never the documents: a new synonym
works at once, without a rebuild.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from core.search.words.folding import words

_MAX_WORDS = 12
Spelling = tuple[str, ...]


@dataclass(frozen=True)
class QueryTerm:
    """A part of a search: its words as typed, or all the words of any spelling that they stand for."""

    typed: Spelling
    stands_for: tuple[Spelling, ...] = ()


@dataclass(frozen=True)
class _MarketWords:
    stop_words: frozenset[str]
    stands_for: dict[Spelling, tuple[Spelling, ...]]
    longest: int


def parse_query(text: str) -> list[QueryTerm] | None:
    """Parse a text into terms: an empty list matches everything; None, for a text without letter or digit, nothing.

    >>> parse_query("VW for sale")
    [QueryTerm(typed=('vw',), stands_for=(('volkswagen',),))]
    >>> parse_query(" "), parse_query("!?")
    ([], None)
    """
    found = words(text)
    if not found:
        return None if text.strip() else []
    known = _market_words()
    return list(_terms([word for word in found if word not in known.stop_words][:_MAX_WORDS], known))


def synonyms() -> dict[Spelling, tuple[Spelling, ...]]:
    """Return every known spelling with those that it stands for, as folded words."""
    return dict(_market_words().stands_for)


def stop_words() -> frozenset[str]:
    """Return the words that are left out of searches, folded."""
    return _market_words().stop_words


def _terms(wanted: list[str], known: _MarketWords) -> Iterator[QueryTerm]:
    start = 0
    while start < len(wanted):
        for length in range(min(known.longest, len(wanted) - start), 0, -1):
            typed = tuple(wanted[start : start + length])
            if length == 1 or typed in known.stands_for:
                yield QueryTerm(typed, known.stands_for.get(typed, ()))
                start += length
                break


@lru_cache(maxsize=1)
def _market_words() -> _MarketWords:
    listed = tomllib.loads((files("core.search.words") / "market_words.toml").read_text(encoding="utf-8"))
    meanings: dict[Spelling, dict[Spelling, None]] = {}
    for group in listed["same"]:
        for one in group:
            for other in group:
                _add(meanings, one, other)
    for canonical, others in listed["stands_for"].items():
        for other in others:
            _add(meanings, other, canonical)
    return _MarketWords(
        stop_words=frozenset(word for text in listed["stop_words"] for word in words(text)),
        stands_for={spelling: tuple(found) for spelling, found in meanings.items()},
        longest=max(len(spelling) for spelling in meanings),
    )


def _add(meanings: dict[Spelling, dict[Spelling, None]], spelling: str, meaning: str) -> None:
    typed, meant = tuple(words(spelling)), tuple(words(meaning))
    if typed != meant:
        meanings.setdefault(typed, {})[meant] = None
