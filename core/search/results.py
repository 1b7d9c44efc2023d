"""The answer of a search."""

from dataclasses import dataclass, field
from uuid import UUID

from core.search.query import Facet


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
