"""Read one tantivy index: `core.search.engine.IndexView`."""

import time
from typing import Any

from tantivy import Query, Searcher

from core.access.audience import Audience
from core.errors import RetryableError
from core.search.filters import ListingFilters
from core.search.paging import cursor
from core.search.paging.cursor import Position
from core.search.paging.sort_keys import id_of
from core.search.query import SearchQuery, Sort
from core.search.reading.vocabulary import StockVocabulary, vocabulary_of
from core.search.results import SearchPage, listed
from core.search.tantivy.facets import facet_counts
from core.search.tantivy.filters import compile_scope
from core.search.tantivy.kept_pages import KEPT_PAGES, KeptPages
from core.search.tantivy.ordering import TierReader
from core.search.tantivy.queries import Tier, leveled_tiers, text_levels, tiers_of, within
from core.search.tantivy.reader import IndexReader, OpenedIndex
from core.search.tantivy.schema import build_schema
from core.search.tantivy.stored_schema import schema_problems
from core.search.tantivy.suggestions import SuggestionCache
from core.search.words.kept_names import kept_for_seconds
from core.search.words.typeahead import SuggestIndex, Suggestion, check_request


class TantivyView:
    """Implements `core.search.engine.IndexView`; the reader says which index."""

    def __init__(self, reader: IndexReader, *, kept_pages: int = KEPT_PAGES) -> None:
        self._reader = reader
        self._schema = build_schema()
        self._suggestions = SuggestionCache()
        self._recent = kept_for_seconds()
        self._pages = KeptPages(self._search, kept_pages)

    def index_id(self) -> str | None:
        """See the protocol."""
        try:
            return self._reader.newest().generation
        except RetryableError:
            return None

    def search(self, query: SearchQuery, audience: Audience) -> SearchPage:
        """See the protocol."""
        return self._pages.page(self._reader.newest(), query, audience)

    def suggest(self, prefix: str, audience: Audience, limit: int = 10) -> list[Suggestion]:
        """See the protocol. The first call after a commit counts the names anew."""
        check_request(prefix, limit)
        names = self._names(audience)
        return names.find(prefix, limit)

    def vocabulary(self, audience: Audience) -> StockVocabulary:
        """See the protocol."""
        return vocabulary_of(self._recent.names(audience, time.monotonic(), lambda: self._names(audience)))

    def count(self, audience: Audience) -> int:
        """See the protocol."""
        return _count(self._reader.newest().searcher, self._visible(audience))

    def document_count(self) -> int:
        """See the protocol."""
        return int(self._reader.newest().searcher.num_docs)

    def settings_problems(self) -> list[str]:
        """See the protocol."""
        return schema_problems(self._reader.newest().path)

    def _search(self, opened: OpenedIndex, query: SearchQuery, audience: Audience) -> SearchPage:
        levels = text_levels(query.text, opened.searcher, self._schema)
        scope = compile_scope(query.filters, audience, self._schema)
        if levels and query.sort is not Sort.RELEVANCE:
            each = len(tiers_of(query, levels[-1:], scope, self._schema))
            start = _start(query, audience, each * len(levels))
            number = _best_level(opened.searcher, levels, scope) if start is None else start.tier // each
            tiers = leveled_tiers(query, levels, number, scope, self._schema)
            levels = [levels[number]]
        else:
            tiers = tiers_of(query, levels, scope, self._schema)
            start = _start(query, audience, len(tiers))
        positions, total = _read(opened, tiers, query.limit + 1, start)
        page = positions[: query.limit]
        facets, cut = listed(facet_counts(opened.searcher, query, audience, levels, self._schema))
        return SearchPage(
            ids=[id_of(position.key) for position in page],
            total=_count(opened.searcher, within(scope, levels)) if total is None else total,
            next_cursor=cursor.encode(page[-1], query, audience) if len(positions) > query.limit else None,
            facets=facets,
            cut_facets=cut,
        )

    def _names(self, audience: Audience) -> SuggestIndex:
        return self._suggestions.names(self._reader.newest(), audience, self._visible(audience))

    def _visible(self, audience: Audience) -> Query:
        return compile_scope(ListingFilters(), audience, self._schema)


def _read(
    opened: OpenedIndex, tiers: list[Tier | None], wanted: int, start: Position | None
) -> tuple[list[Position], int | None]:
    """Return up to `wanted` hits after `start`, tier by tier, and the total where it came to light on the way."""
    reader = TierReader(opened.index, opened.searcher)
    found: list[Position] = []
    total = 0
    for number, tier in enumerate(tiers):
        if tier is None:
            continue
        if start is None:
            # Where the tiers before gave nothing there is nothing to leave out, and that saves a pass.
            keys, hits = reader.first(tier.alone() if total else tier, wanted - len(found))
            total += hits
        elif number < start.tier:
            continue
        elif number == start.tier:
            keys = reader.following(tier.alone(), wanted, start.key)
        else:
            keys, _ = reader.first(tier.alone(), wanted - len(found))
        found += [Position(number, key) for key in keys]
        if len(found) >= wanted:
            return found, total if start is None and number == len(tiers) - 1 else None
    return found, total if start is None else None


def _start(query: SearchQuery, audience: Audience, tiers: int) -> Position | None:
    return None if query.cursor is None else cursor.decode(query.cursor, query, audience, tiers=tiers)


def _best_level(searcher: Searcher, levels: list[Query | None], scope: Query) -> int:
    """Return the number of the best level that has hits; of the last one where none has."""
    for number, level in enumerate(levels[:-1]):
        if level is not None and _count(searcher, within(scope, [level])):
            return number
    return len(levels) - 1


def _count(searcher: Searcher, query: Query) -> int:
    result: Any = searcher.search(query, 1, count=True)  # the stub forgets `count`
    return int(result.count)
