"""Search by words and by meaning at once (`mode=hybrid`).

Two lists, each at most `DEPTH` long: the hits of the text search in its order, and the cars whose sentences are nearest
to the question. They are fused by reciprocal rank: a car scores the sum of 1 / (60 + rank) over the lists that name it
(Cormack, Clarke and Buettcher, SIGIR 2009). Filters and audience hold for both: the second list is read from PostgreSQL
for this audience, and what the filters leave out is left out.

Pages are cut from the fused list, made anew for each page: at most 2 * DEPTH cars deep, and stable while neither index
nor vectors change. `total` counts the fused list; facets count the hits of the text search.
"""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.search import Facet, FacetCount, SearchEngine, SearchQuery, Sort
from core.search.embedding import Embedder, VectorStore
from core.search.errors import InvalidCursorError
from core.search.paging import cursor
from core.search.paging.cursor import Position
from core.search.query import MAX_LIMIT
from serving.listings.errors import HybridNeedsWordsError, NoVectorsError
from serving.listings.filter_eval import holds
from serving.listings.repository import ListingRepository
from serving.listings.views import ListingView

DEPTH = 200
_RANK = 60
_WINDOWS = (1_000, 4_000, 16_000)  # nearest cars to look through for DEPTH that pass the filters
_STAGE = 77  # marks a cursor of this mode: the text search has far fewer stages


def fused_page(
    session: Session, engine: SearchEngine, store: VectorStore, embedder: Embedder, query: SearchQuery, who: Audience
) -> tuple[list[ListingView], int, dict[Facet, list[FacetCount]], str | None]:
    """Items, total, facets and the next cursor.

    Raises:
        InvalidInputError: `hybrid_needs_words` without words or in another order than by relevance, `invalid_cursor`.
        RetryableError: `no_vectors` before the first `automart search embed`.
    """
    start = _start(query, who)
    by_words, facets = _by_words(engine, query, who)
    by_meaning = [view.id for view in _by_meaning(session, store, embedder, query, who)]
    fused = reciprocal_ranks(by_words, by_meaning)
    page = fused[start : start + query.limit]
    end = start + query.limit
    following = cursor.encode(Position(_STAGE, f"{end:048x}"), query, who) if end < len(fused) else None
    return ListingRepository(session).visible(page, who), len(fused), facets, following


def reciprocal_ranks(*lists: list[UUID]) -> list[UUID]:
    """The ids of all lists, the best first; ties go by id.

    >>> one, two, three = UUID(int=1), UUID(int=2), UUID(int=3)
    >>> [found.int for found in reciprocal_ranks([one, two], [two, three])]
    [2, 1, 3]
    """
    scores: dict[UUID, float] = {}
    for ranked in lists:
        for rank, listing_id in enumerate(ranked, 1):
            scores[listing_id] = scores.get(listing_id, 0.0) + 1 / (_RANK + rank)
    return sorted(scores, key=lambda listing_id: (-scores[listing_id], listing_id))


def _start(query: SearchQuery, who: Audience) -> int:
    if not query.text.strip() or query.sort is not Sort.RELEVANCE:
        raise HybridNeedsWordsError
    if query.cursor is None:
        return 0
    position = cursor.decode(query.cursor, query, who, stages=_STAGE + 1)
    if position.stage != _STAGE:
        raise InvalidCursorError("It belongs to another mode")
    return int(position.key, 16)


def _by_words(
    engine: SearchEngine, query: SearchQuery, who: Audience
) -> tuple[list[UUID], dict[Facet, list[FacetCount]]]:
    first = page = engine.search(replace(query, limit=MAX_LIMIT, cursor=None), who)
    found = list(first.ids)
    while page.next_cursor is not None and len(found) < DEPTH:
        page = engine.search(replace(query, limit=MAX_LIMIT, cursor=page.next_cursor, facets=()), who)
        found += page.ids
    return found[:DEPTH], first.facets


def _by_meaning(
    session: Session, store: VectorStore, embedder: Embedder, query: SearchQuery, who: Audience
) -> list[ListingView]:
    vectors = store.current()
    if vectors is None or vectors.model != embedder.name:
        raise NoVectorsError
    (question,) = embedder.embed([query.text])
    found: list[ListingView] = []
    for ids in _windows(vectors.nearest(question, _WINDOWS[-1])):
        tree = query.filters.tree()
        found += [view for view in ListingRepository(session).visible(ids, who) if holds(tree, view)]
        if len(found) >= DEPTH:
            break
    return found[:DEPTH]


def _windows(ids: list[UUID]) -> Iterator[list[UUID]]:
    before = 0
    for end in _WINDOWS:
        if ids[before:end]:
            yield ids[before:end]
        before = end
