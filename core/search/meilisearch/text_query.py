"""Compile a text (`core.search.words.query_terms`) to levels of filter expressions.

A level is what the documents at it or at a better one meet, so each holds the one before. Typos are found by
Meilisearch's own typo-tolerant facet search over the words of the index and then held to the rule that both engines
share (`core.search.words.fuzzy_match`): whatever else it offers (prefixes with typos, typos in numbers) is dropped.
"""

from collections.abc import Callable, Iterable, Mapping

from core.search.meilisearch.expressions import NOTHING, every, is_any, some, starts_with
from core.search.meilisearch.schema import ALL, DESCRIPTION, HEAD
from core.search.words.folding import allowed_typos, may_be_prefix
from core.search.words.fuzzy_match import within_typos
from core.search.words.query_terms import QueryTerm, parse_query

Typos = Mapping[str, list[str]]
"""For each word that may have typos, the words of the index within them."""

Level = Callable[[str], str]


def text_levels(text: str, vocabulary: Callable[[str], Iterable[str]]) -> list[str]:
    """Compile a text to its levels of match, the best first; none where it asks for nothing in particular.

    `vocabulary` offers words of the index that look like a word. A text without a letter or digit matches nothing.
    """
    terms = parse_query(text)
    if terms is None:
        return [NOTHING]
    if not terms:
        return []
    forgiving = {word: allowed_typos(word) for term in terms for word in term.typed}
    similar = {
        word: sorted({found for found in vocabulary(word) if within_typos(word, found, typos)})
        for word, typos in forgiving.items()
        if typos
    }
    exact = (_in(HEAD), _in(ALL), _in(ALL, DESCRIPTION))
    levels = [every(_exact(term, match) for term in terms) for match in exact]
    loosest = exact[-1]
    return [
        *levels,
        every(some([_exact(term, loosest), every(map(_prefix(loosest), term.typed))]) for term in terms),
        every(some([_exact(term, loosest), every(map(_typo(loosest, similar), term.typed))]) for term in terms),
    ]


def _in(*attributes: str) -> Level:
    return lambda word: some(is_any(attribute, [word]) for attribute in attributes)


def _exact(term: QueryTerm, match: Level) -> str:
    return some(every(map(match, spelling)) for spelling in (term.typed, *term.stands_for))


def _prefix(exact: Level) -> Level:
    return lambda word: some([exact(word), starts_with(ALL, word)]) if may_be_prefix(word) else exact(word)


def _typo(exact: Level, similar: Typos) -> Level:
    prefix = _prefix(exact)
    return lambda word: some([prefix(word), is_any(ALL, similar[word])]) if similar.get(word) else prefix(word)
