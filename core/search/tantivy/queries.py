"""Compile texts and sort orders to tantivy's query objects. No string of a caller is ever parsed.

A text has levels of match: every word exact among those that name the car; every word exact in a column; every word
exact there or in the description; every word exact or the beginning of a column's word; every word within its typos.
Each level holds the one before.

The order of a search is a list of tiers that share no hit. By relevance there is one for each level, without the hits
of the better levels, and the newest come first in each. So the order needs no scores: it is the same after every merge
and restart, any row can tell its own place, and paging can neither skip nor repeat.
"""

from collections.abc import Callable
from typing import NamedTuple

from tantivy import Order, Query, Schema, Searcher

from core.search.places import Point, by_distance, places
from core.search.query import SearchQuery, Sort
from core.search.tantivy.boolean_queries import every, every_found, some_found, without
from core.search.tantivy.schema import (
    ALL,
    BY_MILEAGE,
    BY_NEWEST,
    BY_PHOTOS,
    BY_PRICE,
    BY_YEAR,
    DESCRIPTION,
    HEAD,
    PLACE,
)
from core.search.words.folding import allowed_typos, may_be_prefix
from core.search.words.query_terms import QueryTerm, parse_query


class Tier(NamedTuple):
    """A part of the order: the query for its hits, and the column that sorts them, ties by id in the same direction.

    `before` matches the hits of the tiers before this one; `query` matches those as well.
    """

    query: Query
    column: str
    order: Order
    before: Query | None = None

    def alone(self) -> "Tier":
        """Return the tier without the hits of the tiers before it."""
        if self.before is None:
            return self
        return Tier(without(self.query, self.before), self.column, self.order)


Match = Callable[[str], Query | None]
"""How a word is looked for; None where the index has no such word."""

_SORTS: dict[Sort, tuple[str, Order]] = {
    Sort.RELEVANCE: (BY_NEWEST, Order.Desc),
    Sort.NEWEST: (BY_NEWEST, Order.Desc),
    Sort.PRICE_ASC: (BY_PRICE, Order.Asc),
    Sort.PRICE_DESC: (BY_PRICE, Order.Desc),
    Sort.YEAR_ASC: (BY_YEAR, Order.Asc),
    Sort.YEAR_DESC: (BY_YEAR, Order.Desc),
    Sort.MILEAGE_ASC: (BY_MILEAGE, Order.Asc),
    Sort.MILEAGE_DESC: (BY_MILEAGE, Order.Desc),
    Sort.PHOTOS_DESC: (BY_PHOTOS, Order.Desc),
}
_IN_EVERY_LISTING = (BY_NEWEST, BY_YEAR)


def text_levels(text: str, searcher: Searcher, schema: Schema) -> list[Query | None]:
    """Compile a text to its levels of match, the best first; an empty list where it asks for nothing in particular.

    None stands for a level that finds nothing, because the index has no such word.
    """
    terms = parse_query(text)
    if terms is None:
        return [None]
    if not terms:
        return []

    def exact_in(field: str) -> Match:
        def exact(word: str) -> Query | None:
            return Query.term_query(schema, field, word, "basic") if searcher.doc_freq(field, word) else None

        return exact

    named, column, described = exact_in(HEAD), exact_in(ALL), exact_in(DESCRIPTION)

    def anywhere(word: str) -> Query | None:
        return some_found([column(word), described(word)])

    def prefix(word: str) -> Query | None:
        beginning = Query.fuzzy_term_query(schema, ALL, word, 0, prefix=True) if may_be_prefix(word) else column(word)
        return some_found([beginning, described(word)])

    def typo(word: str) -> Query | None:
        typos = allowed_typos(word)
        return some_found([prefix(word), Query.fuzzy_term_query(schema, ALL, word, typos)]) if typos else prefix(word)

    def level(match: Match, exact: Match) -> Query | None:
        return every_found(_term_query(term, match, exact) for term in terms)

    exact_levels = [level(match, match) for match in (named, column, anywhere)]
    return [*exact_levels, level(prefix, anywhere), level(typo, anywhere)]


def _term_query(term: QueryTerm, match: Match, exact: Match) -> Query | None:
    typed = every_found(match(word) for word in term.typed)
    meant = [every_found(exact(word) for word in spelling) for spelling in term.stands_for]
    return some_found([typed, *meant])


def within(scope: Query, levels: list[Query | None]) -> Query:
    """Return all hits of a text within `scope` (audience and filters): those of its last level."""
    return every([scope, *(Query.empty_query() if level is None else level for level in levels[-1:])])


def tiers_of(query: SearchQuery, levels: list[Query | None], scope: Query, schema: Schema) -> list[Tier | None]:
    """Split the order of a search within `scope` into tiers; None stands for a tier without hits."""
    if query.sort is Sort.RELEVANCE and levels:
        return _by_level(levels, scope)
    matching = within(scope, levels)
    if query.start is not None and query.sort is Sort.DISTANCE:
        return _by_distance(query.start, matching, schema)
    column, order = _SORTS[query.sort]
    if column in _IN_EVERY_LISTING:
        return [Tier(matching, column, order)]
    known = Query.exists_query(column)
    return [Tier(every([matching, known]), column, order), Tier(without(matching, known), BY_NEWEST, Order.Desc)]


def _by_level(levels: list[Query | None], scope: Query) -> list[Tier | None]:
    tiers: list[Tier | None] = []
    before: Query | None = None
    for level in levels:
        tiers.append(None if level is None else Tier(every([scope, level]), BY_NEWEST, Order.Desc, before))
        before = before if level is None else level
    return tiers


def _by_distance(start: Point, matching: Query, schema: Schema) -> list[Tier | None]:
    """Make one tier for each distance at which there is a place, then one for listings whose city is unknown."""
    rings = [Query.term_set_query(schema, PLACE, keys) for _, keys in by_distance(start)]
    nowhere = without(matching, Query.term_set_query(schema, PLACE, list(places())))
    parts = [*(every([matching, ring]) for ring in rings), nowhere]
    return [Tier(part, BY_NEWEST, Order.Desc) for part in parts]
