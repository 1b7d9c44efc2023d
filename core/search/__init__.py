"""Search: one interface (`SearchEngine`), questions as typed values, and the embedded engine behind it."""

from core.search.document import ListingDocument
from core.search.engine import FacetCount, IndexBatch, SearchEngine, SearchPage, open_search_engine
from core.search.filters import ListingFilters
from core.search.query import Audience, Facet, SearchQuery, Sort

__all__ = [
    "Audience",
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
