"""Search by words and by meaning at once (`mode=hybrid`).

Where words alone find cars that meet everything, they answer alone (`found_exactly`): meaning beside those makes more
answers wrong than right (decision 0105). Else there are two lists, each at most `DEPTH` long: the hits of the search by
words, with what gave way, in its order, and the cars whose sentences are nearest to the question. They are fused by
reciprocal rank: a car scores the sum of 1 / (60 + rank) over the lists that hold it (Cormack, Clarke and Buettcher,
SIGIR 2009). Filters and audience hold for both, and for the second all that was read from the words: it is read from
PostgreSQL for this audience, and what the filters leave out is left out; so are cars that are far less near than the
nearest.

Pages are cut from the fused list, made anew for each page: at most 2 * DEPTH cars deep, and stable while neither index
nor vectors change. `total` counts the fused list; facets count the hits of the text search.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.search import Facet, FacetCount, SearchEngine, SearchQuery, Sort
from core.search.embedding import Embedder, Vectors, VectorStore
from core.search.errors import InvalidCursorError
from core.search.paging import cursor
from core.search.paging.cursor import Position
from core.search.query import MAX_LIMIT
from core.search.reading.asking import search_understood, strictest
from core.search.reading.reader import read
from core.search.results import SearchPage
from serving.listings.errors import HybridNeedsWordsError, NoVectorsError
from serving.listings.finding.filter_eval import matches
from serving.listings.finding.repository import ListingRepository
from serving.listings.finding.views import ListingView

DEPTH = 200
NEAR_ENOUGH = 0.9
"""Cars that are less than this share as near as the nearest of those that may be shown are not added: they fill pages
and answer nothing. Cars that the caller may not see, or that the filters leave out, set no measure."""
_FAR = 1e-6  # a cosine up to which a sentence has nothing to do with the question
_RANK = 60
_WINDOWS = (1_000, 4_000, 16_000)  # nearest cars to look through for DEPTH that pass the filters
_TIER = 77  # marks a cursor of this mode: the text search has far fewer tiers


@dataclass(frozen=True)
class SemanticIndex:
    """The vectors of the listings, and the model that makes a vector of a search text."""

    store: VectorStore
    embedder: Embedder

    def nearest(self, text: str, count: int) -> list[tuple[UUID, float]]:
        """Return the listings whose sentences are nearest to the text, each with the cosine.

        Raises:
            RetryableError: `no_vectors` where there are none of this model.
        """
        (question,) = self.embedder.embed([text])
        return self.vectors().nearest(question, count)

    def vectors(self) -> Vectors:
        """Return the vectors of the listings.

        Raises:
            RetryableError: `no_vectors` where there are none of this model.
        """
        vectors = self.store.current()
        if vectors is None or vectors.model != self.embedder.name:
            raise NoVectorsError
        return vectors


@dataclass(frozen=True)
class FusedPage:
    """One page of the fused list; `total` and `facets` as described above."""

    items: list[ListingView]
    total: int
    facets: dict[Facet, list[FacetCount]]
    next_cursor: str | None
    cut_facets: tuple[Facet, ...] = ()


def fused_page(
    session: Session, engine: SearchEngine, semantic: SemanticIndex, query: SearchQuery, audience: Audience
) -> FusedPage:
    """Read one page of the cars found by words and by meaning.

    Raises:
        InvalidInputError: `hybrid_needs_words` without words or in another order than by relevance, `invalid_cursor`.
        RetryableError: `no_vectors` before the first `automart search embed`.
    """
    start = _start(query, audience)
    by_words, first = _by_words(engine, query, audience)
    obeyed = replace(query, filters=strictest(query, read(query.text, engine.vocabulary(audience))).filters)
    by_meaning = [view.id for view in _by_meaning(session, semantic, obeyed, audience)]
    fused = reciprocal_ranks(by_words, by_meaning)
    page = fused[start : start + query.limit]
    end = start + query.limit
    following = cursor.encode(Position(_TIER, f"{end:048x}"), query, audience) if end < len(fused) else None
    items = ListingRepository(session).visible(page, audience)
    return FusedPage(items, len(fused), first.facets, following, first.cut_facets)


def require_words(query: SearchQuery) -> None:
    """Refuse a search that has no meaning to look for.

    Raises:
        InvalidInputError: `hybrid_needs_words`.
    """
    if not query.text.strip() or query.sort is not Sort.RELEVANCE:
        raise HybridNeedsWordsError


def found_exactly(engine: SearchEngine, query: SearchQuery, audience: Audience) -> bool:
    """Tell whether words alone find cars that meet all that was asked, nothing having given way."""
    found = search_understood(engine, replace(query, limit=1, cursor=None, facets=()), audience)
    return found.page.total > 0 and not found.understood.relaxed


def reciprocal_ranks(*lists: list[UUID]) -> list[UUID]:
    """Merge lists of ids, the best first; ties go by id.

    >>> one, two, three = UUID(int=1), UUID(int=2), UUID(int=3)
    >>> [found.int for found in reciprocal_ranks([one, two], [two, three])]
    [2, 1, 3]
    """
    scores: dict[UUID, float] = {}
    for ranked in lists:
        for rank, listing_id in enumerate(ranked, 1):
            scores[listing_id] = scores.get(listing_id, 0.0) + 1 / (_RANK + rank)
    return sorted(scores, key=lambda listing_id: (-scores[listing_id], listing_id))


def _start(query: SearchQuery, audience: Audience) -> int:
    require_words(query)
    if query.cursor is None:
        return 0
    position = cursor.decode(query.cursor, query, audience, tiers=_TIER + 1)
    if position.tier != _TIER:
        raise InvalidCursorError("It belongs to another mode")
    return int(position.key, 16)


def _by_words(engine: SearchEngine, query: SearchQuery, audience: Audience) -> tuple[list[UUID], SearchPage]:
    understood = search_understood(engine, replace(query, limit=MAX_LIMIT, cursor=None), audience)
    query, first = understood.asked, understood.page
    page = first
    found = list(first.ids)
    while page.next_cursor is not None and len(found) < DEPTH:
        page = engine.search(replace(query, limit=MAX_LIMIT, cursor=page.next_cursor, facets=()), audience)
        found += page.ids
    return found[:DEPTH], first


def _by_meaning(session: Session, semantic: SemanticIndex, query: SearchQuery, audience: Audience) -> list[ListingView]:
    nearest = semantic.nearest(query.text, _WINDOWS[-1])
    cosines, tree = dict(nearest), query.filters.tree()
    found: list[ListingView] = []
    for ids in _windows([listing_id for listing_id, _ in nearest]):
        found += [view for view in ListingRepository(session).visible(ids, audience) if matches(tree, view)]
        if len(found) >= DEPTH:
            break
    floor = max(_FAR, NEAR_ENOUGH * cosines[found[0].id]) if found else _FAR
    return [view for view in found[:DEPTH] if cosines[view.id] >= floor]


def _windows(ids: list[UUID]) -> Iterator[list[UUID]]:
    before = 0
    for end in _WINDOWS:
        if ids[before:end]:
            yield ids[before:end]
        before = end
