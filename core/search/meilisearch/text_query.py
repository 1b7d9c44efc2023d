"""Compiles what a text asks for (`core.search.words.query_terms`) to levels of filter expressions.

A level is what the documents at it or at a better one meet, so each holds the one before. Typos are found by
Meilisearch's own typo-tolerant facet search over the words of the index and then held to the rule that both engines
share (`core.search.words.fuzzy_match`): whatever else it offers (prefixes with typos, typos in numbers) is dropped.
"""

from collections.abc import Callable, Iterable, Mapping

from core.search.meilisearch.expressions import NOTHING, every, is_any, some, starts_with
from core.search.meilisearch.schema import ALL, DESCRIPTION, HEAD
from core.search.words.folding import allowed_typos, may_be_prefix
from core.search.words.fuzzy_match import within_typos
from core.search.words.query_terms import Slot, asked

Typos = Mapping[str, list[str]]
"""For each word that may have typos, the words of the index that it may be a slip of."""

Level = Callable[[str], str]


def text_levels(text: str, vocabulary: Callable[[str], Iterable[str]]) -> list[str]:
    """The levels of a text, the best first; none where the text asks for nothing in particular.

    `vocabulary` offers words of the index that look like a word. A text without a letter or digit matches nothing.
    """
    slots = asked(text)
    if slots is None:
        return [NOTHING]
    if not slots:
        return []
    forgiving = {word: allowed_typos(word) for slot in slots for word in slot.typed}
    slips = {
        word: sorted({found for found in vocabulary(word) if within_typos(word, found, typos)})
        for word, typos in forgiving.items()
        if typos
    }
    exact = (_in(HEAD), _in(ALL), _in(ALL, DESCRIPTION))
    levels = [every(_exact(slot, match) for slot in slots) for match in exact]
    loosest = exact[-1]
    return [
        *levels,
        every(some([_exact(slot, loosest), every(map(_prefix(loosest), slot.typed))]) for slot in slots),
        every(some([_exact(slot, loosest), every(map(_slip(loosest, slips), slot.typed))]) for slot in slots),
    ]


def _in(*attributes: str) -> Level:
    return lambda word: some(is_any(attribute, [word]) for attribute in attributes)


def _exact(slot: Slot, match: Level) -> str:
    return some(every(map(match, spelling)) for spelling in (slot.typed, *slot.stands_for))


def _prefix(exact: Level) -> Level:
    return lambda word: some([exact(word), starts_with(ALL, word)]) if may_be_prefix(word) else exact(word)


def _slip(exact: Level, slips: Typos) -> Level:
    prefix = _prefix(exact)
    return lambda word: some([prefix(word), is_any(ALL, slips[word])]) if slips.get(word) else prefix(word)
