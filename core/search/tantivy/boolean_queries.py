"""Tantivy queries put together: all of, any of, one without another."""

from collections.abc import Iterable, Sequence

from tantivy import Occur, Query


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


def every_found(queries: Iterable[Query | None]) -> Query | None:
    """All of them; None, which finds nothing, where one of them does."""
    found = list(queries)
    present = [query for query in found if query is not None]
    return every(present) if len(present) == len(found) else None


def some_found(queries: Iterable[Query | None]) -> Query | None:
    """Any of those that may find something; None where none of them does."""
    present = [query for query in queries if query is not None]
    return some(present) if present else None
