"""Reading one tantivy index: `core.search.engine.IndexView`."""

from typing import Any

from tantivy import Query, Searcher

from core.errors import RetryableError
from core.search import cursor
from core.search.cursor import Position
from core.search.engine import FacetCount, SearchPage
from core.search.query import Audience, Facet, SearchQuery
from core.search.tantivy.queries import after, compile_filter, every, stages_of, text_tiers
from core.search.tantivy.reader import IndexReader, Opened
from core.search.tantivy.schema import build_schema, facet_name, id_of
from core.search.tantivy.stored_schema import schema_problems

_FACET_VALUES = 100
_COUNTED_VALUES = 10_000  # counted before the most frequent are taken, so that ties are cut by value, not by chance


class TantivyView:
    """Implements `core.search.engine.IndexView`; the reader says which index."""

    def __init__(self, reader: IndexReader) -> None:
        self._reader = reader
        self._schema = build_schema()

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
        scope = every([self._compiled(audience), compile_filter(query.filters.tree(), self._schema)])
        positions = self._positions(opened, query, audience, tiers, scope)
        page = positions[: query.limit]
        more = len(positions) > query.limit
        matching = every([scope, *tiers[-1:]])
        return SearchPage(
            ids=[id_of(position.key) for position in page],
            total=_count(opened.searcher, matching),
            next_cursor=cursor.encode(page[-1], query, audience) if more else None,
            facets=_facets(opened.searcher, matching, query.facets),
        )

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
        stages = stages_of(query.sort, tiers, scope)
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


def _facets(searcher: Searcher, query: Query, facets: tuple[Facet, ...]) -> dict[Facet, list[FacetCount]]:
    if not facets:
        return {}
    asked = {facet.value: {"terms": {"field": facet_name(facet), "size": _COUNTED_VALUES}} for facet in facets}
    counted = searcher.aggregate(query, asked)
    return {facet: _most_frequent(counted[facet.value]["buckets"]) for facet in facets}


def _most_frequent(buckets: list[dict[str, Any]]) -> list[FacetCount]:
    counts = [FacetCount(bucket["key"], bucket["doc_count"]) for bucket in buckets]
    return sorted(counts, key=lambda count: (-count.count, count.value))[:_FACET_VALUES]
