"""GET /v1/listings/{id}/price-band, POST /v1/price-bands and GET /v1/market-index."""

from functools import partial
from typing import Annotated

from fastapi import Query

from api.contract.documented import OUTAGES, problems
from api.deps import AppState, AudienceDep, SessionDep, StateDep
from api.parameters import ListingId, Name, OptionalParam, QueryDay
from api.price_bands.explanations import MarketIndexRead
from api.price_bands.problems import (
    INDEX_PROBLEMS,
    INVALID_CAR,
    LISTING_NOT_FOUND,
    PRICE_BAND_NOT_FOUND,
    STORAGE_UNAVAILABLE,
)
from api.price_bands.schemas import ListingPriceBandRead, PriceBandQuote, PriceBandQuoteRead
from api.routing import DomainRouter, caller_transaction
from api.rules import PUBLIC
from core.access.audience import Audience
from serving.price_bands.errors import PriceBandNotFoundError
from serving.price_bands.service import (
    Explanation,
    QuoteRequest,
    band_of,
    explain_listing,
    explain_quote,
    market_index_of,
)

router = DomainRouter(prefix="/v1", tags=["price bands"], access=PUBLIC)

Explain = Annotated[bool, Query(description="Also say why: contributions of the inputs, comparables, trend.")]


@router.get(
    "/listings/{listing_id}/price-band",
    summary="Read the price band of a listing",
    responses=problems(LISTING_NOT_FOUND, PRICE_BAND_NOT_FOUND, STORAGE_UNAVAILABLE),
)
def read_price_band(
    listing_id: ListingId, session: SessionDep, audience: AudienceDep, state: StateDep, explain: Explain = False
) -> ListingPriceBandRead:
    """Return the band as of the last refresh.

    Where nothing honest can be said, `method` is `none` and `reason` says why.

    A new listing has no band until the next refresh: `price_band_not_found`.
    """
    band = band_of(session, listing_id, audience)
    if band.computed_at is None:
        raise PriceBandNotFoundError(listing_id)
    explanation = explain_listing(session, state.champion, listing_id, audience) if explain else None
    return ListingPriceBandRead.of(band, band.computed_at, explanation)


@router.post(
    "/price-bands",
    summary="Estimate the price of a car",
    responses=problems(INVALID_CAR, STORAGE_UNAVAILABLE, *OUTAGES),
)
async def quote_price_band(
    car: PriceBandQuote, audience: AudienceDep, state: StateDep, explain: Explain = False
) -> PriceBandQuoteRead:
    """Quote a car that is not listed. Nothing is stored. The more is said of the car, the narrower the band.

    With `price_pkr` the answer rates that price; it never moves the band.
    """
    question = car.car()
    band = await state.quotes.quote(question)
    explanation = await state.threads.run(partial(_explain, state, question, audience)) if explain else None
    return PriceBandQuoteRead.answer(band, question.price_pkr, explanation)


def _explain(state: AppState, question: QuoteRequest, audience: Audience) -> Explanation:
    with caller_transaction(state.sessions) as session:
        return explain_quote(session, state.champion, question, audience)


@router.get(
    "/market-index",
    summary="Read the market index",
    responses=problems(*INDEX_PROBLEMS),
)
def read_market_index(
    session: SessionDep,
    make: Annotated[
        OptionalParam[Name], Query(description="As in a listing; spelling is folded.", examples=["Toyota"])
    ] = None,
    model: Annotated[OptionalParam[Name], Query(description="Needs `make`.", examples=["Corolla"])] = None,
    since: Annotated[
        OptionalParam[QueryDay], Query(description="First month to show.", examples=["2025-04-01"])
    ] = None,
) -> MarketIndexRead:
    """Return the level of asking prices of like cars, month by month.

    The level is that of a model, of a make, or (without both) of the market.
    Cars of one month may be newer or better than those of another; that is taken out.
    """
    return MarketIndexRead.of(market_index_of(session, make, model, since=since))
