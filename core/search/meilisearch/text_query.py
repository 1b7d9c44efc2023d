"""Compile a text (`core.search.words.query_terms`) to levels of filter expressions.

A level is what the documents at it or at a better one meet, so each holds the one before. The words that a typo may
stand for are offered by the caller, who knows those of the index; both engines hold them to the same rule
(`core.search.words.fuzzy_match`).
"""

from collections.abc import Callable

from core.search.meilisearch.expressions import NOTHING, every, is_any, some, starts_with
from core.search.meilisearch.schema import WORDS, Mark
from core.search.words.folding import allowed_typos
from core.search.words.query_terms import QueryTerm, parse_query

Alike = Callable[[str, int], list[str]]
"""Returns the words of the index within so many typos of a word, in the order of the alphabet."""

_HEAD = (Mark.HEAD,)
_COLUMNS = (Mark.HEAD, Mark.COLUMN, Mark.AREA)
_SPELT = (Mark.HEAD, Mark.COLUMN)


def text_levels(text: str, alike: Alike) -> list[str]:
    """Compile a text to its levels of match, the best first; none where it asks for nothing in particular.

    A text without a letter or digit matches nothing.
    """
    terms = parse_query(text)
    if terms is None:
        return [NOTHING]
    if not terms:
        return []
    exact = [every(_exact(term, marks) for term in terms) for marks in (_HEAD, _COLUMNS, tuple(Mark))]
    prefixes = every(some([_exact(term, tuple(Mark)), _begun(term)]) for term in terms)
    typos = every(some([_exact(term, tuple(Mark)), _misspelt(term, alike)]) for term in terms)
    return [*exact, prefixes, typos]


def has_typos(text: str) -> bool:
    """Tell whether a word of the text forgives a typo, so that the words of the index are needed to compile it."""
    return any(allowed_typos(word) for term in parse_query(text) or () for word in term.typed)


def _exact(term: QueryTerm, marks: tuple[Mark, ...]) -> str:
    return some(every(_one_of(marks, [word]) for word in spelling) for spelling in (term.typed, *term.stands_for))


def _begun(term: QueryTerm) -> str:
    return every(_beginning(term, word) for word in term.typed)


def _misspelt(term: QueryTerm, alike: Alike) -> str:
    return every(
        some([_beginning(term, word), *_as_others(alike(word, typos))])
        if (typos := allowed_typos(word))
        else _beginning(term, word)
        for word in term.typed
    )


def _beginning(term: QueryTerm, word: str) -> str:
    exact = _one_of(tuple(Mark), [word])
    return some([exact, *(starts_with(WORDS, mark + word) for mark in _COLUMNS)]) if term.may_begin(word) else exact


def _as_others(words: list[str]) -> list[str]:
    return [_one_of(_SPELT, words)] if words else []


def _one_of(marks: tuple[Mark, ...], words: list[str]) -> str:
    return is_any(WORDS, [mark + word for word in words for mark in marks])
