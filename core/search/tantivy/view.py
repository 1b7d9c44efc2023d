"""Reading one tantivy index: `core.search.engine.IndexView`."""

from typing import Any

from tantivy import Query, Searcher

from core.access.audience import Audience
from core.errors import RetryableError
from core.search.filters import ListingFilters
from core.search.paging import cursor
from core.search.paging.cursor import Position
from core.search.paging.sort_keys import id_of
from core.search.query import SearchQuery
from core.search.results import SearchPage
from core.search.tantivy.facets import facet_counts
from core.search.tantivy.filters import compile_scope
from core.search.tantivy.ordering import StageReader
from core.search.tantivy.queries import Stage, stages_of, text_tiers, within
from core.search.tantivy.reader import IndexReader, Opened
from core.search.tantivy.schema import build_schema
from core.search.tantivy.stored_schema import schema_problems
from core.search.tantivy.suggestions import Suggestions
from core.search.words.typeahead import Suggestion, check


class TantivyView:
    """Implements `core.search.engine.IndexView`; the reader says which index."""

    def __init__(self, reader: IndexReader) -> None:
        self._reader = reader
        self._schema = build_schema()
        self._suggestions = Suggestions()

    def index_id(self) -> str | None:
        """See the protocol."""
        try:
            return self._reader.newest().generation
        except RetryableError:
            return None

    def search(self, query: SearchQuery, audience: Audience) -> SearchPage:
        """See the protocol."""
        opened = self._reader.newest()
        tiers = text_tiers(query.text, opened.searcher, self._schema)
        scope = compile_scope(query.filters, audience, self._schema)
        stages = stages_of(query, tiers, scope, self._schema)
        start = None if query.cursor is None else cursor.decode(query.cursor, query, audience, stages=len(stages))
        positions, total = _read(opened, stages, query.limit + 1, start)
        page = positions[: query.limit]
        return SearchPage(
            ids=[id_of(position.key) for position in page],
            total=_count(opened.searcher, within(scope, tiers)) if total is None else total,
            next_cursor=cursor.encode(page[-1], query, audience) if len(positions) > query.limit else None,
            facets=facet_counts(opened.searcher, query, audience, tiers, self._schema),
        )

    def suggest(self, prefix: str, audience: Audience, limit: int = 10) -> list[Suggestion]:
        """See the protocol. The first call after a commit counts the names anew."""
        check(prefix, limit)
        names = self._suggestions.of(self._reader.newest(), audience, self._visible(audience))
        return names.find(prefix, limit)

    def count(self, audience: Audience) -> int:
        """See the protocol."""
        return _count(self._reader.newest().searcher, self._visible(audience))

    def document_count(self) -> int:
        """See the protocol."""
        return int(self._reader.newest().searcher.num_docs)

    def settings_problems(self) -> list[str]:
        """See the protocol."""
        return schema_problems(self._reader.newest().path)

    def _visible(self, audience: Audience) -> Query:
        return compile_scope(ListingFilters(), audience, self._schema)


def _read(
    opened: Opened, stages: list[Stage | None], wanted: int, start: Position | None
) -> tuple[list[Position], int | None]:
    """Hits from a position on, stage after stage, and how many there are in all, where that came to light."""
    reader = StageReader(opened.index, opened.searcher)
    found: list[Position] = []
    total = 0
    for number, stage in enumerate(stages):
        if stage is None:
            continue
        if start is None:
            # Where the stages before gave nothing there is nothing to leave out, and that saves a pass.
            keys, hits = reader.first(stage.alone() if total else stage, wanted - len(found))
            total += hits
        elif number < start.stage:
            continue
        elif number == start.stage:
            keys = reader.behind(stage.alone(), wanted, start.key)
        else:
            keys, _ = reader.first(stage.alone(), wanted - len(found))
        found += [Position(number, key) for key in keys]
        if len(found) >= wanted:
            return found, total if start is None and number == len(stages) - 1 else None
    return found, total if start is None else None


def _count(searcher: Searcher, query: Query) -> int:
    result: Any = searcher.search(query, 1, count=True)  # the stub forgets `count`
    return int(result.count)
