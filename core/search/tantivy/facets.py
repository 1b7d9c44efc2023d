"""Count the facets of a search."""

from typing import Any

from tantivy import Query, Schema, Searcher

from core.access.audience import Audience
from core.search.query import Facet, SearchQuery
from core.search.results import FacetCount
from core.search.tantivy.filters import compile_scope
from core.search.tantivy.queries import within
from core.search.tantivy.schema import facet_name

_COUNTED_VALUES = 10_000  # counted before the most frequent are taken, so that ties are cut by value, not by chance


def facet_counts(
    searcher: Searcher, query: SearchQuery, audience: Audience, levels: list[Query | None], schema: Schema
) -> dict[Facet, list[FacetCount]]:
    """Count all values of the facets that a search asks for, each without the filter on its own field.

    Facets that count the same hits are counted together: those without a filter of their own in one pass, and one
    pass more for each that has one.
    """
    groups: dict[Any, list[Facet]] = {}
    for facet in query.facets:
        groups.setdefault(query.filters_of(facet), []).append(facet)
    counted: dict[Facet, list[FacetCount]] = {}
    for filters, facets in groups.items():
        counted |= _count(searcher, within(compile_scope(filters, audience, schema), levels), facets)
    return {facet: counted[facet] for facet in query.facets}


def _count(searcher: Searcher, query: Query, facets: list[Facet]) -> dict[Facet, list[FacetCount]]:
    aggregations = {facet.value: {"terms": {"field": facet_name(facet), "size": _COUNTED_VALUES}} for facet in facets}
    counted = searcher.aggregate(query, aggregations)
    return {
        facet: [FacetCount(_shown(one["key"]), one["doc_count"]) for one in counted[facet.value]["buckets"]]
        for facet in facets
    }


def _shown(value: str | float) -> str:
    return value if isinstance(value, str) else str(int(value))  # years are numbers
