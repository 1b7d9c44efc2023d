"""Counts of an index: facets, each without the filter on its own field, and the names that typeahead offers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.search.filters import ListingFilters
from core.search.meilisearch.schema import facet_name, suggestion_name
from core.search.query import Facet, SearchQuery
from core.search.results import FacetCount
from core.search.words.typeahead import SuggestionKind

_VALUES = 100


def facet_passes(query: SearchQuery) -> list[tuple[ListingFilters, list[str]]]:
    """What is counted together: first the hits themselves, then each facet that has a filter of its own."""
    passes: dict[ListingFilters, list[str]] = {query.filters: []}
    for facet in query.facets:
        passes.setdefault(query.filters_of(facet), []).append(facet_name(facet))
    return list(passes.items())


def counts_of(query: SearchQuery, counted: Sequence[Mapping[str, Any]]) -> dict[Facet, list[FacetCount]]:
    """The facets' values, from the answers to the passes."""
    numbers = {filters: number for number, (filters, _) in enumerate(facet_passes(query))}
    found: dict[Facet, list[FacetCount]] = {}
    for facet in query.facets:
        answer = counted[numbers[query.filters_of(facet)]]
        found[facet] = _most_frequent(answer["facetDistribution"].get(facet_name(facet), {}))
    return found


def names_of(distribution: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[SuggestionKind, str, int]]:
    """Names by kind, with how many listings have them."""
    for kind in SuggestionKind:
        for name, count in distribution.get(suggestion_name(kind), {}).items():
            yield kind, name, count


def _most_frequent(values: Mapping[str, int]) -> list[FacetCount]:
    counts = [FacetCount(value, count) for value, count in values.items()]
    return sorted(counts, key=lambda count: (-count.count, count.value))[:_VALUES]
