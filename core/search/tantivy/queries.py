"""Compiles typed filters, texts and orders to tantivy's query objects. No string of a caller is ever parsed.

A search is answered in stages. For relevance these are tiers: every word exact among those that name the car, every
word exact somewhere, every word exact or a prefix, every word within its typos. A tier leaves out what the tiers
before it gave, and inside a tier the newest come first. So the order needs no scores: it is the same after every
merge and restart, any row can tell its own place, and paging can neither skip nor repeat.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tantivy import FieldType, Index, Occur, Order, Query, Schema

from core.search.filters import AllOf, AnyOf, Between, Filter, Near, SomeOf
from core.search.places import Point, by_distance, places
from core.search.query import SearchQuery, Sort
from core.search.tantivy.schema import (
    ALL,
    BY_MILEAGE,
    BY_NEWEST,
    BY_PRICE,
    BY_YEAR,
    HEAD,
    PLACE,
    TEXT,
    number_name,
    term_name,
)
from core.search.text import allowed_typos, may_be_prefix
from core.search.wording import Slot, asked

_INT64 = 2**63


class Stage(NamedTuple):
    """A part of the order: what is in it, and the key that sorts it."""

    query: Query
    key: str
    order: Order


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


def every(queries: Sequence[Query]) -> Query:
    """All of them; everything where there are none."""
    if not queries:
        return Query.all_query()
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Must, query) for query in queries])


def some(queries: Sequence[Query]) -> Query:
    """Any of them; nothing where there are none."""
    if not queries:
        return Query.empty_query()
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, query) for query in queries])


def without(query: Query, excluded: Query) -> Query:
    """What the first has and the second has not."""
    return Query.boolean_query([(Occur.Must, query), (Occur.MustNot, excluded)])


def compile_filter(node: Filter, schema: Schema) -> Query:
    """The typed tree as a query."""
    match node:
        case AnyOf(field, values):
            return some([Query.term_query(schema, term_name(field), value, "basic") for value in values])
        case Between(field, low, high):
            return _between(schema, number_name(field), low, high)
        case Near(point, radius):
            near = [keys for distance, keys in by_distance(point) if distance <= radius]
            return Query.term_set_query(schema, PLACE, [key for keys in near for key in keys])
        case AllOf(parts):
            return every([compile_filter(part, schema) for part in parts])
        case SomeOf(parts):
            return some([compile_filter(part, schema) for part in parts])


def text_tiers(text: str, schema: Schema) -> list[Query]:
    """The tiers of a text, each a superset of the one before; none where the text asks for nothing in particular."""
    slots = asked(text)
    if slots is None:
        return [Query.empty_query()]
    if not slots:
        return []

    anywhere = _exact(schema, TEXT)

    def tier(match: Callable[[str], Query], exact: Callable[[str], Query]) -> Query:
        return every([_slot(slot, match, exact) for slot in slots])

    def prefix(word: str) -> Query:
        if not may_be_prefix(word):
            return anywhere(word)
        return some([anywhere(word), Query.fuzzy_term_query(schema, ALL, word, 0, prefix=True)])

    def typo(word: str) -> Query:
        typos = allowed_typos(word)
        return some([prefix(word), Query.fuzzy_term_query(schema, ALL, word, typos)]) if typos else prefix(word)

    exact = [_exact(schema, field) for field in (HEAD, ALL, TEXT)]
    return [*(tier(match, match) for match in exact), tier(prefix, anywhere), tier(typo, anywhere)]


def _exact(schema: Schema, field: str) -> Callable[[str], Query]:
    return lambda word: Query.term_query(schema, field, word, "basic")


def _slot(slot: Slot, match: Callable[[str], Query], exact: Callable[[str], Query]) -> Query:
    typed = every([match(word) for word in slot.typed])
    meant = [every([exact(word) for word in spelling]) for spelling in slot.stands_for]
    return some([typed, *meant])


def stages_of(query: SearchQuery, tiers: list[Query], scope: Query, schema: Schema) -> list[Stage]:
    """The order of a search within `scope` (audience and filters), as stages that share no hit."""
    if query.sort is Sort.RELEVANCE and tiers:
        lower = [None, *tiers]
        parts = [tier if before is None else without(tier, before) for before, tier in zip(lower, tiers, strict=False)]
        return [Stage(every([scope, part]), BY_NEWEST, Order.Desc) for part in parts]
    matching = every([scope, *tiers[-1:]])
    if query.start is not None and query.sort is Sort.DISTANCE:
        return _by_distance(query.start, matching, schema)
    key, order = _SORTS[query.sort]
    if key in _ALWAYS_THERE:
        return [Stage(matching, key, order)]
    known = Query.exists_query(key)
    return [Stage(every([matching, known]), key, order), Stage(without(matching, known), BY_NEWEST, Order.Desc)]


def _by_distance(start: Point, matching: Query, schema: Schema) -> list[Stage]:
    """A stage for each distance at which there is a place, and one for what stands nowhere that we know."""
    rings = [Query.term_set_query(schema, PLACE, keys) for _, keys in by_distance(start)]
    nowhere = without(matching, Query.term_set_query(schema, PLACE, list(places())))
    parts = [*(every([matching, ring]) for ring in rings), nowhere]
    return [Stage(part, BY_NEWEST, Order.Desc) for part in parts]


def after(index: Index, stage: Stage, key: str) -> Query:
    """The rest of a stage behind this key (48 hex digits, as `cursor.decode` has checked).

    tantivy makes ranges over text only in its query language, hence the one parsed query of this engine.
    """
    rest = f"{{{key} TO *}}" if stage.order is Order.Asc else f"{{* TO {key}}}"
    return every([stage.query, index.parse_query(f"{stage.key}:{rest}", [stage.key])])


def _between(schema: Schema, name: str, low: int | None, high: int | None) -> Query:
    if (low is not None and low >= _INT64) or (high is not None and high < -_INT64):
        return Query.empty_query()
    floor = None if low is None else max(low, -_INT64)
    ceiling = None if high is None else min(high, _INT64 - 1)
    if floor is None and ceiling is None:
        return Query.exists_query(name)
    return Query.range_query(schema, name, FieldType.Integer, lower_bound=floor, upper_bound=ceiling)
