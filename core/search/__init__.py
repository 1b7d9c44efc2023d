"""Search: one interface (`SearchEngine`), searches as typed values, and two engines behind it."""

from core.search.document import ListingDocument
from core.search.engine import IndexBatch, SearchEngine
from core.search.factory import open_search_engine
from core.search.filters import ListingFilters
from core.search.query import Facet, SearchQuery, Sort
from core.search.results import FacetCount, SearchPage

__all__ = [
    "Facet",
    "FacetCount",
    "IndexBatch",
    "ListingDocument",
    "ListingFilters",
    "SearchEngine",
    "SearchPage",
    "SearchQuery",
    "Sort",
    "open_search_engine",
]
