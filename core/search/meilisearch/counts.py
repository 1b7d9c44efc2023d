"""Read counts from answers: facets, each without the filter on its own field, and the names that typeahead offers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.search.filters import ListingFilters
from core.search.meilisearch.schema import facet_name, suggestion_name
from core.search.query import Facet, SearchQuery
from core.search.results import FacetCount
from core.search.words.typeahead import SuggestionKind


def facet_groups(query: SearchQuery) -> list[tuple[ListingFilters, list[str]]]:
    """Group facets by the filters they are counted under; the first group is the query's own."""
    groups: dict[ListingFilters, list[str]] = {query.filters: []}
    for facet in query.facets:
        groups.setdefault(query.filters_of(facet), []).append(facet_name(facet))
    return list(groups.items())


def read_facets(query: SearchQuery, counted: Sequence[Mapping[str, Any]]) -> dict[Facet, list[FacetCount]]:
    """Read all values of the facets from the answers, one for each group."""
    numbers = {filters: number for number, (filters, _) in enumerate(facet_groups(query))}
    found: dict[Facet, list[FacetCount]] = {}
    for facet in query.facets:
        answer = counted[numbers[query.filters_of(facet)]]
        values = answer["facetDistribution"].get(facet_name(facet), {})
        found[facet] = [FacetCount(value, count) for value, count in values.items()]
    return found


def read_names(distribution: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[SuggestionKind, str, int]]:
    """Yield names by kind, each with the number of listings that have it."""
    for kind in SuggestionKind:
        for name, count in distribution.get(suggestion_name(kind), {}).items():
            yield kind, name, count
