"""Combine tantivy queries: all of, any of, one without another."""

from collections.abc import Iterable, Sequence

from tantivy import Occur, Query


def every(queries: Sequence[Query]) -> Query:
    """Match what meets all of them; everything where there are none."""
    if not queries:
        return Query.all_query()
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Must, query) for query in queries])


def some(queries: Sequence[Query]) -> Query:
    """Match what meets any of them; nothing where there are none."""
    if not queries:
        return Query.empty_query()
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, query) for query in queries])


def without(query: Query, excluded: Query) -> Query:
    """Match what meets the first and not the second."""
    return Query.boolean_query([(Occur.Must, query), (Occur.MustNot, excluded)])


def every_found(queries: Iterable[Query | None]) -> Query | None:
    """Combine all of them; None, which finds nothing, where one of them is None."""
    found = list(queries)
    present = [query for query in found if query is not None]
    return every(present) if len(present) == len(found) else None


def some_found(queries: Iterable[Query | None]) -> Query | None:
    """Combine any of those that are not None; None where all of them are."""
    present = [query for query in queries if query is not None]
    return some(present) if present else None
