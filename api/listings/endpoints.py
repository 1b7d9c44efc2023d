"""GET /v1/listings and GET /v1/listings/{id}."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from api.deps import AudienceDep, PartsDep, SessionDep
from api.listings.schemas import LISTING_EXAMPLE, ListingPage, ListingRead, ListingSearch
from api.openapi import problems
from serving.listings.service import get_listing, search_listings

router = APIRouter(prefix="/v1/listings", tags=["listings"])

ListingId = Annotated[UUID, Path(description="The listing's id.", examples=[LISTING_EXAMPLE["id"]])]


@router.get("", summary="Find cars", responses=problems("invalid_cursor", "unknown_parameter", "search_unavailable"))
def find_listings(
    asked: Annotated[ListingSearch, Query()], session: SessionDep, opened: PartsDep, audience: AudienceDep
) -> ListingPage:
    """Live public listings that match the words and the filters, with counts by facet if asked for.

    Values of one filter are alternatives (`make=Toyota&make=Honda`), filters add up. Facets count the hits of this
    very search. For the next page pass `next_cursor` as `cursor` and change nothing else but the limit.
    """
    return ListingPage.of(search_listings(session, opened.search, asked.query(), audience))


@router.get("/{listing_id}", summary="One car", responses=problems("listing_not_found", "invalid_request"))
def read_listing(listing_id: ListingId, session: SessionDep, audience: AudienceDep) -> ListingRead:
    """A live public listing. A car that was sold or withdrawn, or is not public, is not found."""
    return ListingRead.of(get_listing(session, listing_id, audience))
