"""Reading one tantivy index: `core.search.engine.IndexView`."""

from typing import Any

from tantivy import Query, Searcher

from core.errors import RetryableError
from core.search import cursor
from core.search.cursor import Position
from core.search.engine import SearchPage
from core.search.query import Audience, SearchQuery
from core.search.sort_keys import id_of
from core.search.suggest import Suggestion, check
from core.search.tantivy.facets import facet_counts
from core.search.tantivy.queries import after, compile_filter, every, stages_of, text_tiers
from core.search.tantivy.reader import IndexReader, Opened
from core.search.tantivy.schema import build_schema
from core.search.tantivy.stored_schema import schema_problems
from core.search.tantivy.suggestions import Suggestions


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
        tiers = text_tiers(query.text, self._schema)
        visible = self._compiled(audience)
        scope = every([visible, compile_filter(query.filters.tree(), self._schema)])
        positions = self._positions(opened, query, audience, tiers, scope)
        page = positions[: query.limit]
        more = len(positions) > query.limit
        matching = every([scope, *tiers[-1:]])
        return SearchPage(
            ids=[id_of(position.key) for position in page],
            total=_count(opened.searcher, matching),
            next_cursor=cursor.encode(page[-1], query, audience) if more else None,
            facets=facet_counts(opened.searcher, query, visible, tiers[-1:], self._schema),
        )

    def suggest(self, prefix: str, audience: Audience, limit: int = 10) -> list[Suggestion]:
        """See the protocol. The first call after a commit counts the names anew."""
        check(prefix, limit)
        names = self._suggestions.of(self._reader.newest(), audience.filter(), self._compiled(audience))
        return names.find(prefix, limit)

    def count(self, audience: Audience) -> int:
        """See the protocol."""
        return _count(self._reader.newest().searcher, self._compiled(audience))

    def document_count(self) -> int:
        """See the protocol."""
        return int(self._reader.newest().searcher.num_docs)

    def settings_problems(self) -> list[str]:
        """See the protocol."""
        return schema_problems(self._reader.newest().path)

    def _compiled(self, audience: Audience) -> Query:
        return compile_filter(audience.filter(), self._schema)

    def _positions(
        self, opened: Opened, query: SearchQuery, audience: Audience, tiers: list[Query], scope: Query
    ) -> list[Position]:
        """Up to one hit more than asked for, from the cursor on, stage after stage."""
        stages = stages_of(query, tiers, scope, self._schema)
        start = None if query.cursor is None else cursor.decode(query.cursor, query, audience, stages=len(stages))
        found: list[Position] = []
        for number, stage in enumerate(stages):
            if start is not None and number < start.stage:
                continue
            resumed = start is not None and number == start.stage
            part = after(opened.index, stage, start.key) if start is not None and resumed else stage.query
            wanted = query.limit + 1 - len(found)
            hits = opened.searcher.search(part, wanted, count=False, order_by_field=stage.key, order=stage.order).hits
            found += [Position(number, key) for key, _ in hits]
            if len(found) > query.limit:
                break
        return found


def _count(searcher: Searcher, query: Query) -> int:
    result: Any = searcher.search(query, 1, count=True)  # the stub forgets `count`
    return int(result.count)
