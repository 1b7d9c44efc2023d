"""Finding listings: the index says which and in what order; PostgreSQL says what they are and who may see them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.search import Audience, Facet, FacetCount, SearchEngine, SearchQuery
from serving.listings.repository import ListingRepository
from serving.listings.views import ListingView


@dataclass(frozen=True)
class ListingResults:
    """One page. `items` can be fewer than asked for before the last page: an index that is behind names cars that are
    gone, and those are left out. `total` and `facets` are the index's."""

    items: list[ListingView]
    total: int
    facets: dict[Facet, list[FacetCount]]
    next_cursor: str | None


def search_listings(session: Session, engine: SearchEngine, query: SearchQuery, audience: Audience) -> ListingResults:
    """One page of listings that the audience may see, in the order of the query; one SQL statement.

    Raises:
        InvalidInputError: `invalid_cursor`.
        RetryableError: `search_unavailable` where there is no index yet.
    """
    page = engine.search(query, audience)
    items = ListingRepository(session).visible(page.ids, audience)
    return ListingResults(items, page.total, page.facets, page.next_cursor)


def get_listing(session: Session, listing_id: UUID, audience: Audience) -> ListingView:
    """One live listing that the audience may see.

    Raises:
        NotFoundError: `listing_not_found`, also where it exists and is not for this audience.
    """
    found = ListingRepository(session).visible_one(listing_id, audience)
    if found is None:
        raise NotFoundError(
            f"There is no listing {listing_id}; it may have been sold or withdrawn.", code="listing_not_found"
        )
    return found
