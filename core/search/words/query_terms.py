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
from typing import NamedTuple

from core.search.words.folding import may_be_prefix, words
from core.search.words.letters import names_something

_MAX_WORDS = 12
_WHOLE_PART = 4  # letters from which a part of a word with signs may be unfinished: "mercedes-be" is, "cr-v" is not
_LONGEST_TOGETHER = 3
Spelling = tuple[str, ...]


@dataclass(frozen=True)
class QueryTerm:
    """A part of a search: its words as typed, or all the words of any spelling that they stand for."""

    typed: Spelling
    stands_for: tuple[Spelling, ...] = ()
    written_together: bool = False  # "cr-v", "b.m.w", "a 4": it may be one word elsewhere

    def may_begin(self, word: str) -> bool:
        """Tell whether a word of it may be the beginning of others; short parts of "cr-v" are whole as they are."""
        return may_be_prefix(word) and not (self.written_together and len(word) < _WHOLE_PART)


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
    found = [_Typed(word, chunk) for chunk, one in enumerate(text.split()) for word in words(one)]
    if not found:
        return None if text.strip() else []
    known, typed = _market_words(), [one.word for one in found]
    asked = [one for at, one in enumerate(found) if one.word not in known.stop_words or names_something(typed, at)]
    return list(_terms(asked[:_MAX_WORDS], known))


def synonyms() -> dict[Spelling, tuple[Spelling, ...]]:
    """Return every known spelling with those that it stands for, as folded words."""
    return dict(_market_words().stands_for)


def stop_words() -> frozenset[str]:
    """Return the words that are left out of searches, folded."""
    return _market_words().stop_words


class _Typed(NamedTuple):
    """A folded word, and the number of the chunk between blanks that it was written in."""

    word: str
    chunk: int


def _terms(wanted: list[_Typed], known: _MarketWords) -> Iterator[QueryTerm]:
    start = 0
    while start < len(wanted):
        together = max(_together(wanted, start), _letter_and_number(wanted, start))
        for length in range(min(max(known.longest, together), len(wanted) - start), 0, -1):
            typed = tuple(one.word for one in wanted[start : start + length])
            if length in (1, together) or typed in known.stands_for:
                whole = 1 < length <= together
                joined = (("".join(typed),),) if whole and not "".join(typed).isdigit() else ()
                yield QueryTerm(typed, tuple(dict.fromkeys((*known.stands_for.get(typed, ()), *joined))), whole)
                start += length
                break


def _together(wanted: list[_Typed], start: int) -> int:
    """Return how many words from here on were written in one chunk; 1 for more than a name has, such as an address."""
    chunk = wanted[start].chunk
    size = sum(one.chunk == chunk for one in wanted)
    begins = start == 0 or wanted[start - 1].chunk != chunk
    return size if begins and size <= _LONGEST_TOGETHER else 1


def _letter_and_number(wanted: list[_Typed], start: int) -> int:
    """Return 2 where a letter and a number follow each other that are one name elsewhere: "a 4" is the "A4"."""
    parts = [one.word for one in wanted[start : start + 2]]
    named = len(parts) == 2 and len(parts[0]) == 1 and parts[0].isalpha() and parts[1].isdigit() and len(parts[1]) < 3
    return 2 if named else 1


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
