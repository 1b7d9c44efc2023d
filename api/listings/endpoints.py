"""GET /v1/listings, its typeahead, one listing, and cars like it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from api.deps import AudienceDep, PartsDep, SessionDep
from api.listings.schemas import LISTING_EXAMPLE, ListingPage, ListingRead, SimilarListings, SuggestionPage
from api.listings.search import ListingSearch, NameSearch, SearchMode, SimilarSearch
from api.openapi import problems
from serving.listings.service import get_listing, search_by_meaning, search_listings, similar_listings, suggest_names

router = APIRouter(prefix="/v1/listings", tags=["listings"])

ListingId = Annotated[UUID, Path(description="The listing's id.", examples=[LISTING_EXAMPLE["id"]])]


@router.get(
    "",
    summary="Find cars",
    responses=problems(
        "invalid_cursor",
        "unknown_parameter",
        "unknown_city",
        "missing_origin",
        "semantic_not_installed",
        "search_unavailable",
    ),
)
def find_listings(
    asked: Annotated[ListingSearch, Query()], session: SessionDep, opened: PartsDep, audience: AudienceDep
) -> ListingPage:
    """Live public listings that match the words and the filters, with counts by facet if asked for.

    Values of one filter are alternatives (`make=Toyota&make=Honda`), filters add up. A facet counts without the filter
    on its own field. For the next page pass `next_cursor` as `cursor` and change nothing else but the limit.

    `mode=hybrid` also finds by meaning, in 16 languages, where the platform has the extra `semantic`; its pages end
    after at most 400 cars.
    """
    if asked.mode is SearchMode.HYBRID:
        found = search_by_meaning(session, opened.search, opened.vectors, asked.query(), audience)
    else:
        found = search_listings(session, opened.search, asked.query(), audience)
    return ListingPage.of(found, asked.matcher())


@router.get("/suggest", summary="Complete what is typed", responses=problems("unknown_parameter", "search_unavailable"))
def suggest_listings(asked: Annotated[NameSearch, Query()], opened: PartsDep, audience: AudienceDep) -> SuggestionPage:
    """Makes, models, variants and cities of live public listings that begin as typed, the most frequent first.

    Where nothing begins so, one typo a word is forgiven. Nothing typed gives the most frequent names.
    """
    return SuggestionPage.of(suggest_names(opened.search, asked.q, audience, asked.limit))


@router.get("/{listing_id}", summary="One car", responses=problems("listing_not_found", "invalid_request"))
def read_listing(listing_id: ListingId, session: SessionDep, audience: AudienceDep) -> ListingRead:
    """A live public listing. A car that was sold or withdrawn, or is not public, is not found."""
    return ListingRead.of(get_listing(session, listing_id, audience))


@router.get(
    "/{listing_id}/similar", summary="Cars like this one", responses=problems("listing_not_found", "invalid_request")
)
def read_similar(
    listing_id: ListingId, asked: Annotated[SimilarSearch, Query()], session: SessionDep, audience: AudienceDep
) -> SimilarListings:
    """Live public listings like this one, the nearest first: the same model, then its family, then its body.

    Within each by year, price and mileage; a car of twice the price or six years apart is not similar.
    """
    found = similar_listings(session, listing_id, audience, asked.limit)
    return SimilarListings(items=[ListingRead.of(view) for view in found])
