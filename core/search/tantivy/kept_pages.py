"""Keep the pages that were searched since the last commit: popular searches are asked again and again.

A kept page is never staler than the index: it belongs to one opened commit, and is forgotten with it. It never crosses
from one caller to another who may see other cars, since the audience is half of its key. It holds ids, counts and no
rows: these are read from PostgreSQL for each request, which decides anew who may see them.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Final

from core.access.audience import Audience
from core.search.query import SearchQuery
from core.search.results import SearchPage
from core.search.tantivy.reader import OpenedIndex

KEPT_PAGES: Final = 256
"""Of a usual page 5 kB, of one with all facets at their longest 250 kB."""

Search = Callable[[OpenedIndex, SearchQuery, Audience], SearchPage]


class KeptPages:
    """Answers searches of a commit, the last `count` distinct ones by `search` once; safe to call from many threads."""

    def __init__(self, search: Search, count: int) -> None:
        self._search = search
        self._count = count
        self._kept: tuple[OpenedIndex, Callable[[SearchQuery, Audience, str], SearchPage]] | None = None

    def page(self, opened: OpenedIndex, query: SearchQuery, audience: Audience) -> SearchPage:
        """Return the page of this commit, a copy that the caller may change. Errors are not kept."""
        kept = self._kept
        if kept is None or kept[0] is not opened:
            kept = self._kept = (opened, lru_cache(maxsize=self._count)(partial(self._searched, opened)))
        page = kept[1](query, audience, repr(query))  # equal values may be written differently, and cursors tell
        facets = {facet: list(counts) for facet, counts in page.facets.items()}
        return replace(page, ids=list(page.ids), facets=facets)

    def _searched(self, opened: OpenedIndex, query: SearchQuery, audience: Audience, _written: str) -> SearchPage:
        return self._search(opened, query, audience)
