"""Find listings: the index gives ids in order; PostgreSQL gives the rows, and decides who may see them."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.search import Facet, FacetCount, SearchEngine, SearchQuery
from core.search.embedding import VectorStore, open_embedder
from core.search.places import Point, distance_km, place_key, places
from core.search.reading.asking import Understood, search_understood
from core.search.reading.chips import ChipField
from core.search.reading.completing import Completion, MadeSearches, complete
from serving.listings.errors import ListingNotFoundError
from serving.listings.finding.hybrid import SemanticIndex, found_exactly, fused_page, require_words
from serving.listings.finding.repository import ListingRepository
from serving.listings.finding.similar import SimilarRepository
from serving.listings.finding.views import ListingView


@dataclass(frozen=True)
class ListingResults:
    """One page of a search; `total` and `facets` are the index's.

    `items` can be fewer than the limit before the last page: cars that are gone are left out, though an index that is
    late still names them.
    """

    items: list[ListingView]
    total: int
    facets: dict[Facet, list[FacetCount]]
    next_cursor: str | None
    distances: dict[UUID, float] = field(default_factory=dict)  # km from the start of the search, if it has one
    understood: Understood | None = None  # None where words were taken as words
    cut_facets: tuple[Facet, ...] = ()  # facets that have more values than are listed


EVERYTHING: Final[frozenset[ChipField]] = frozenset()
"""Every field is read from words; none is kept literal."""


def search_listings(
    session: Session,
    engine: SearchEngine,
    query: SearchQuery,
    audience: Audience,
    literal: frozenset[ChipField] | None = EVERYTHING,
) -> ListingResults:
    """Read one page of listings that the audience may see, in the order of the query; one SQL statement.

    The words are understood (`core.search.reading`), but for the fields of `literal`; with None they are words alone.

    Raises:
        InvalidInputError: `invalid_cursor`.
        RetryableError: `search_unavailable` where there is no index yet.
    """
    if literal is None:
        page, understood = engine.search(query, audience), None
    else:
        found = search_understood(engine, query, audience, literal)
        page, understood = found.page, found.understood
    items = ListingRepository(session).visible(page.ids, audience)
    distances = _distances(items, query.start)
    return ListingResults(items, page.total, page.facets, page.next_cursor, distances, understood, page.cut_facets)


def search_by_meaning(
    session: Session, engine: SearchEngine, vectors: VectorStore, query: SearchQuery, audience: Audience
) -> ListingResults:
    """Read one page of listings by words and by meaning at once (`serving.listings.finding.hybrid`).

    Where words find cars that meet everything, these alone are the answer. Else meaning adds cars that obey what the
    words say of prices, years, places and the like.

    Raises:
        InvalidInputError: `semantic_not_installed`, `hybrid_needs_words`, `invalid_cursor`.
        RetryableError: `no_vectors` before the first `automart search embed`; `search_unavailable`.
    """
    semantic = SemanticIndex(vectors, open_embedder())
    require_words(query)
    semantic.vectors()
    if found_exactly(engine, query, audience):
        return search_listings(session, engine, query, audience)
    page = fused_page(session, engine, semantic, query, audience)
    return ListingResults(
        page.items,
        page.total,
        page.facets,
        page.next_cursor,
        _distances(page.items, query.start),
        cut_facets=page.cut_facets,
    )


def similar_listings(session: Session, listing_id: UUID, audience: Audience, limit: int) -> list[ListingView]:
    """Read cars similar to a listing, the nearest first (`serving.listings.finding.similar`).

    Raises:
        NotFoundError: `listing_not_found`, also where it exists and is not for this audience.
    """
    listing = get_listing(session, listing_id, audience)
    ids = SimilarRepository(session).similar_ids(listing, audience, limit)
    return ListingRepository(session).visible(ids, audience)


def suggest_names(
    engine: SearchEngine, typed: str, audience: Audience, limit: int, made: MadeSearches
) -> list[Completion]:
    """Suggest what completes a typed text, of listings that the audience may see (`core.search.reading.completing`).

    Raises:
        RetryableError: `search_unavailable` where there is no index yet.
    """
    return complete(engine, typed, audience, limit, made)


def get_listing(session: Session, listing_id: UUID, audience: Audience) -> ListingView:
    """Read one live listing that the audience may see.

    Raises:
        NotFoundError: `listing_not_found`, also where it exists and is not for this audience.
    """
    found = ListingRepository(session).visible_one(listing_id, audience)
    if found is None:
        raise ListingNotFoundError(listing_id)
    return found


def _distances(items: list[ListingView], start: Point | None) -> dict[UUID, float]:
    """Compute how far each car's city is; cars in places that are not in the list are left out."""
    if start is None:
        return {}
    keys = {item.id: place_key(item.city) for item in items if item.city}
    return {listing_id: distance_km(start, places()[key]) for listing_id, key in keys.items() if key is not None}
