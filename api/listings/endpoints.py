"""GET /v1/listings, its typeahead, one listing, and cars like it."""

from dataclasses import replace
from typing import Annotated

from fastapi import Query

from api.contract.documented import problems
from api.deps import AudienceDep, SessionDep, StateDep
from api.listings.problems import LISTING_NOT_FOUND, SEARCH_PROBLEMS, SEARCH_UNAVAILABLE
from api.listings.router import router
from api.listings.schemas import ListingCard, ListingPage, ListingRead, SimilarListings, SuggestionPage
from api.listings.search import ListingSearch, NameSearch, SearchMode, SimilarSearch
from api.parameters import ListingId
from api.photos.addresses import ShownPhotosDep
from api.rules import PUBLIC, request_rules
from api.searcher import SearcherDep
from core.clock import utc_now
from core.search.reading.completing import MadeSearches
from serving.listings.finding.service import (
    get_listing,
    search_by_meaning,
    search_listings,
    similar_listings,
    suggest_names,
)
from serving.search.recent import recent_texts, remember_search


@router.get("/v1/listings", summary="Find cars", responses=problems(*SEARCH_PROBLEMS))
@request_rules(access=PUBLIC)
def find_listings(
    params: Annotated[ListingSearch, Query()],
    session: SessionDep,
    state: StateDep,
    searcher: SearcherDep,
    shown: ShownPhotosDep,
) -> ListingPage:
    """Find live public listings that match the words and the filters, with counts by facet if asked for.

    Values of one filter are alternatives (`make=Toyota&make=Honda`), filters add up. A facet counts without the filter
    on its own field. Filters win over words on the same field. Where not everything can be met, words and then filters
    give way; `relaxed` says which.

    For the next page pass `next_cursor` as `cursor` and change nothing else but the limit.

    `mode=hybrid` also finds by meaning, in 16 languages, where the platform has the extra `semantic` and words find
    no car that meets everything; its pages then end after at most 400 cars.

    The words of a logged-in person's searches are kept for that person (`GET /v1/me/recent-searches`).
    """
    query = replace(params.query(), popularity=state.settings.search_popularity)
    if params.mode is SearchMode.HYBRID:
        results = search_by_meaning(session, state.search, state.vectors, query, searcher.audience)
    else:
        results = search_listings(session, state.search, query, searcher.audience, params.literal_fields())
    if params.cursor is None:
        remember_search(session, searcher, params.q, utc_now())
    return ListingPage.of(results, params.q, params.matcher(), shown)


@router.get("/v1/listings/suggest", summary="Complete what is typed", responses=problems(SEARCH_UNAVAILABLE))
@request_rules(access=PUBLIC)
def suggest_listings(
    params: Annotated[NameSearch, Query()], session: SessionDep, state: StateDep, searcher: SearcherDep
) -> SuggestionPage:
    """List makes, models, variants and cities of live public listings that begin as typed, the most frequent first.

    Behind a whole name it goes on with cities, years and prices ("civic kar", "corolla gli 20", "alto under"), of which
    there are cars. Where nothing begins so, one typo a word is forgiven. Nothing typed gives the most frequent names.
    The first three may be recent searches of the caller, the last three searches that many shoppers make; such as find
    cars now.
    """
    made = MadeSearches(recent_texts(session, searcher), state.popular.texts())
    return SuggestionPage.of(suggest_names(state.search, params.q, searcher.audience, params.limit, made))


@router.get("/v1/listings/{listing_id}", summary="One car", responses=problems(LISTING_NOT_FOUND))
@request_rules(access=PUBLIC)
def read_listing(
    listing_id: ListingId, session: SessionDep, audience: AudienceDep, shown: ShownPhotosDep
) -> ListingRead:
    """Return a live public listing. A car that was sold or withdrawn, or is not public, is not found."""
    return ListingRead.of(get_listing(session, listing_id, audience), shown)


@router.get("/v1/listings/{listing_id}/similar", summary="Cars like this one", responses=problems(LISTING_NOT_FOUND))
@request_rules(access=PUBLIC)
def read_similar(
    listing_id: ListingId,
    params: Annotated[SimilarSearch, Query()],
    session: SessionDep,
    audience: AudienceDep,
    shown: ShownPhotosDep,
) -> SimilarListings:
    """List live public listings like this one, the nearest first: the same model, then its family, then its body.

    Within each by year, price and mileage; a car of twice the price or six years apart is not similar.
    """
    listings = similar_listings(session, listing_id, audience, params.limit)
    return SimilarListings(items=[ListingCard.of(listing, shown) for listing in listings])
