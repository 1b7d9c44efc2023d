"""Compile texts and sort orders to tantivy's query objects. No string of a caller is ever parsed.

A text has levels of match: every word exact among those that name the car; every word exact in a column; every word
exact there or in the description; every word exact or the beginning of a column's word; every word within its typos
of a column's word that is not the area's. Each level holds the one before.

The order of a search is a list of tiers that share no hit. By relevance there is one for each level, without the hits
of the better levels, and the newest come first in each, popular ones as if they were newer (`core.search.ranking`). So
the order needs no scores: it is the same after every merge and restart, any row can tell its own place, and paging can
neither skip nor repeat.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from tantivy import Order, Query, Schema, Searcher

from core.search.places import Point, by_distance, places
from core.search.query import SearchQuery, Sort
from core.search.tantivy.boolean_queries import every, every_found, some_found, without
from core.search.tantivy.schema import (
    ALL,
    AREA,
    BY_MILEAGE,
    BY_NEWEST,
    BY_PHOTOS,
    BY_PRICE,
    BY_RANK,
    BY_YEAR,
    DESCRIPTION,
    HEAD,
    PLACE,
)
from core.search.words.folding import allowed_typos
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
"""The query that looks for a word; None where the index has no such word."""

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
_IN_EVERY_LISTING = (BY_NEWEST, BY_RANK, BY_YEAR)


def text_levels(text: str, searcher: Searcher, schema: Schema) -> list[Query | None]:
    """Compile a text to its levels of match, the best first; an empty list where it asks for nothing in particular.

    None stands for a level that finds nothing, because the index has no such word.
    """
    terms = parse_query(text)
    if terms is None:
        return [None]
    if not terms:
        return []

    words = _Words(searcher, schema)
    exact = [every_found(_term_query(term, match, match) for term in terms) for match in words.exact()]
    loose = [
        every_found(_term_query(term, partial(match, term), words.anywhere) for term in terms)
        for match in (words.prefix, words.typo)
    ]
    return [*exact, *loose]


class _Words:
    """Finds single words in the fields of an index, as strictly or as loosely as a level of match asks."""

    def __init__(self, searcher: Searcher, schema: Schema) -> None:
        self._searcher, self._schema = searcher, schema

    def exact(self) -> tuple[Match, Match, Match]:
        """Return the matches of the exact levels, the strictest first."""
        return partial(self._in, HEAD), self._column, self.anywhere

    def anywhere(self, word: str) -> Query | None:
        return some_found([self._column(word), self._in(DESCRIPTION, word)])

    def prefix(self, term: QueryTerm, word: str) -> Query | None:
        if not term.may_begin(word):
            return self.anywhere(word)
        begun = [Query.fuzzy_term_query(self._schema, field, word, 0, prefix=True) for field in (ALL, AREA)]
        return some_found([*begun, self._in(DESCRIPTION, word)])

    def typo(self, term: QueryTerm, word: str) -> Query | None:
        typos, begun = allowed_typos(word), self.prefix(term, word)
        return some_found([begun, Query.fuzzy_term_query(self._schema, ALL, word, typos)]) if typos else begun

    def _column(self, word: str) -> Query | None:
        return some_found([self._in(ALL, word), self._in(AREA, word)])

    def _in(self, field: str, word: str) -> Query | None:
        there = self._searcher.doc_freq(field, word)
        return Query.term_query(self._schema, field, word, "basic") if there else None


def _term_query(term: QueryTerm, match: Match, exact: Match) -> Query | None:
    typed = every_found(match(word) for word in term.typed)
    meant = [every_found(exact(word) for word in spelling) for spelling in term.stands_for]
    return some_found([typed, *meant])


def within(scope: Query, levels: list[Query | None]) -> Query:
    """Return all hits of a text within `scope` (audience and filters): those of its last level."""
    return every([scope, *(Query.empty_query() if level is None else level for level in levels[-1:])])


def leveled_tiers(
    query: SearchQuery, levels: list[Query | None], number: int, scope: Query, schema: Schema
) -> list[Tier | None]:
    """Split an order by a value into the tiers of one level of match, numbered as if every level had its own.

    So a cursor tells the level, and a search whose best level changes goes on in the one that it began in.
    """
    tiers = tiers_of(query, [levels[number]], scope, schema)
    return [None] * (number * len(tiers)) + tiers


def tiers_of(query: SearchQuery, levels: list[Query | None], scope: Query, schema: Schema) -> list[Tier | None]:
    """Split the order of a search within `scope` into tiers; None stands for a tier without hits."""
    if query.sort is Sort.RELEVANCE and levels:
        return _by_level(levels, scope, BY_RANK if query.popularity else BY_NEWEST)
    matching = within(scope, levels)
    if query.start is not None and query.sort is Sort.DISTANCE:
        return _by_distance(query.start, matching, schema)
    column, order = _SORTS[query.sort]
    if query.sort is Sort.RELEVANCE and query.popularity:
        column = BY_RANK
    if column in _IN_EVERY_LISTING:
        return [Tier(matching, column, order)]
    known = Query.exists_query(column)
    return [Tier(every([matching, known]), column, order), Tier(without(matching, known), BY_NEWEST, Order.Desc)]


def _by_level(levels: list[Query | None], scope: Query, column: str) -> list[Tier | None]:
    tiers: list[Tier | None] = []
    before: Query | None = None
    for level in levels:
        tiers.append(None if level is None else Tier(every([scope, level]), column, Order.Desc, before))
        before = before if level is None else level
    return tiers


def _by_distance(start: Point, matching: Query, schema: Schema) -> list[Tier | None]:
    """Make one tier for each distance at which there is a place, then one for listings whose city is unknown."""
    rings = [Query.term_set_query(schema, PLACE, keys) for _, keys in by_distance(start)]
    nowhere = without(matching, Query.term_set_query(schema, PLACE, list(places())))
    parts = [*(every([matching, ring]) for ring in rings), nowhere]
    return [Tier(part, BY_NEWEST, Order.Desc) for part in parts]
