"""Compiles texts and orders to tantivy's query objects. No string of a caller is ever parsed.

A search is answered in stages. For relevance these are tiers: every word exact among those that name the car, every
word exact in a column, every word exact there or in the description, every word exact or the beginning of a column's
word, every word within its typos. A tier leaves out what the tiers before it gave, and inside a tier the newest come
first. So the order needs no scores: it is the same after every merge and restart, any row can tell its own place, and
paging can neither skip nor repeat.
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
    BY_PRICE,
    BY_YEAR,
    DESCRIPTION,
    HEAD,
    PLACE,
)
from core.search.words.folding import allowed_typos, may_be_prefix
from core.search.words.query_terms import Slot, asked


class Stage(NamedTuple):
    """A part of the order: what is in it, and the column that sorts it, ties by id in the same direction.

    `before` matches what the stages before this one gave; it is all in `query` as well.
    """

    query: Query
    column: str
    order: Order
    before: Query | None = None

    def alone(self) -> "Stage":
        """The stage without what the stages before it gave."""
        if self.before is None:
            return self
        return Stage(without(self.query, self.before), self.column, self.order)


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
}
_ALWAYS_THERE = (BY_NEWEST, BY_YEAR)


def text_tiers(text: str, searcher: Searcher, schema: Schema) -> list[Query | None]:
    """The tiers of a text, each a superset of the one before; none where the text asks for nothing in particular.

    None stands for a tier that finds nothing, because the index has no such word.
    """
    slots = asked(text)
    if slots is None:
        return [None]
    if not slots:
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

    def tier(match: Match, exact: Match) -> Query | None:
        return every_found(_slot(slot, match, exact) for slot in slots)

    return [*(tier(match, match) for match in (named, column, anywhere)), tier(prefix, anywhere), tier(typo, anywhere)]


def _slot(slot: Slot, match: Match, exact: Match) -> Query | None:
    typed = every_found(match(word) for word in slot.typed)
    meant = [every_found(exact(word) for word in spelling) for spelling in slot.stands_for]
    return some_found([typed, *meant])


def within(scope: Query, tiers: list[Query | None]) -> Query:
    """The hits of a text within audience and filters: those of its last tier."""
    return every([scope, *(Query.empty_query() if tier is None else tier for tier in tiers[-1:])])


def stages_of(query: SearchQuery, tiers: list[Query | None], scope: Query, schema: Schema) -> list[Stage | None]:
    """The order of a search within `scope` (audience and filters), as stages that share no hit; None: nothing there."""
    if query.sort is Sort.RELEVANCE and tiers:
        return _by_tier(tiers, scope)
    matching = within(scope, tiers)
    if query.start is not None and query.sort is Sort.DISTANCE:
        return _by_distance(query.start, matching, schema)
    column, order = _SORTS[query.sort]
    if column in _ALWAYS_THERE:
        return [Stage(matching, column, order)]
    known = Query.exists_query(column)
    return [Stage(every([matching, known]), column, order), Stage(without(matching, known), BY_NEWEST, Order.Desc)]


def _by_tier(tiers: list[Query | None], scope: Query) -> list[Stage | None]:
    stages: list[Stage | None] = []
    before: Query | None = None
    for tier in tiers:
        stages.append(None if tier is None else Stage(every([scope, tier]), BY_NEWEST, Order.Desc, before))
        before = before if tier is None else tier
    return stages


def _by_distance(start: Point, matching: Query, schema: Schema) -> list[Stage | None]:
    """A stage for each distance at which there is a place, and one for what stands nowhere that we know."""
    rings = [Query.term_set_query(schema, PLACE, keys) for _, keys in by_distance(start)]
    nowhere = without(matching, Query.term_set_query(schema, PLACE, list(places())))
    parts = [*(every([matching, ring]) for ring in rings), nowhere]
    return [Stage(part, BY_NEWEST, Order.Desc) for part in parts]
