"""GET /v1/listings/{id}/price-band, POST /v1/price-bands and GET /v1/market-index."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool

from api.deps import AudienceDep, Parts, PartsDep, SessionDep
from api.listings.endpoints import ListingId
from api.openapi import problems
from api.parameters import Name
from api.price_bands.explanations import MarketIndexRead
from api.price_bands.schemas import ListingPriceBandRead, PriceBandQuote, PriceBandQuoteRead
from core.access.audience import Audience
from core.db.session import transaction
from core.errors import NotFoundError
from serving.price_bands.service import (
    Explanation,
    QuoteRequest,
    band_of,
    explain_listing,
    explain_quote,
    market_index_of,
)

router = APIRouter(prefix="/v1", tags=["price bands"])

Explain = Annotated[bool, Query(description="Also say why: contributions of the inputs, comparables, trend.")]


@router.get(
    "/listings/{listing_id}/price-band",
    summary="What a listed car is worth",
    responses=problems("listing_not_found", "price_band_not_found", "invalid_request"),
)
def read_price_band(
    listing_id: ListingId, session: SessionDep, audience: AudienceDep, opened: PartsDep, explain: Explain = False
) -> ListingPriceBandRead:
    """The band as of the last refresh. Where nothing honest can be said, `method` is `none` and `reason` says why.

    A new listing has no band until the next refresh: `price_band_not_found`.
    """
    found = band_of(session, listing_id, audience)
    if found.computed_at is None:
        raise NotFoundError(
            f"Listing {listing_id} is new; its price band comes with the next refresh.", code="price_band_not_found"
        )
    why = explain_listing(session, opened.champion, listing_id, audience) if explain else None
    return ListingPriceBandRead.of(found, found.computed_at, why)


@router.post(
    "/price-bands",
    summary="What a car would be worth",
    responses=problems("invalid_json", "body_too_large", "not_json", "invalid_text"),
)
async def quote_price_band(
    car: PriceBandQuote, audience: AudienceDep, opened: PartsDep, explain: Explain = False
) -> PriceBandQuoteRead:
    """A quote for a car that is not listed. Nothing is stored. The more is said of the car, the narrower the band.

    With `price_pkr` the answer rates that price; it never moves the band.
    """
    asked = car.car()
    band = await opened.quotes.quote(asked)
    why = await run_in_threadpool(_explained, opened, asked, audience) if explain else None
    return PriceBandQuoteRead.answer(band, asked.price_pkr, why)


def _explained(opened: Parts, asked: QuoteRequest, audience: Audience) -> Explanation:
    with transaction(opened.sessions) as session:
        return explain_quote(session, opened.champion, asked, audience)


@router.get(
    "/market-index",
    summary="How asking prices moved",
    responses=problems("market_index_not_found", "invalid_request", "unknown_parameter"),
)
def read_market_index(
    session: SessionDep,
    make: Annotated[Name | None, Query(description="As in a listing; spelling is folded.", examples=["Toyota"])] = None,
    model: Annotated[Name | None, Query(description="Needs `make`.", examples=["Corolla"])] = None,
    since: Annotated[date | None, Query(description="First month to show.", examples=["2025-04-01"])] = None,
) -> MarketIndexRead:
    """The level of asking prices of like cars, month by month: of a model, of a make, or (without both) of the market.

    Cars of one month may be newer or better than those of another; that is taken out.
    """
    return MarketIndexRead.of(market_index_of(session, make, model, since=since))
