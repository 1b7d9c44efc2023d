"""The answer of a search."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from core.search.query import Facet

MOST_VALUES: Final = 100


@dataclass(frozen=True)
class FacetCount:
    """A value and the number of hits that have it."""

    value: str
    count: int


@dataclass(frozen=True)
class SearchPage:
    """Hits in order, by id; the rows themselves are read from PostgreSQL."""

    ids: list[UUID]
    total: int  # hits of the whole search, not of this page
    next_cursor: str | None  # None on the last page
    facets: dict[Facet, list[FacetCount]] = field(default_factory=dict)  # most frequent first, then by value
    cut_facets: tuple[Facet, ...] = ()  # those that have more values than are listed


def listed(counted: Mapping[Facet, Iterable[FacetCount]]) -> tuple[dict[Facet, list[FacetCount]], tuple[Facet, ...]]:
    """Return the values of each facet, the most frequent first, and the facets of which some are left out."""
    ordered = {
        facet: sorted(counts, key=lambda count: (-count.count, count.value)) for facet, counts in counted.items()
    }
    cut = tuple(facet for facet, counts in ordered.items() if len(counts) > MOST_VALUES)
    return {facet: counts[:MOST_VALUES] for facet, counts in ordered.items()}, cut
