"""GET /v1/listings/{id}/price-band and POST /v1/price-bands."""

from fastapi import APIRouter

from api.deps import AudienceDep, PartsDep, SessionDep
from api.listings.endpoints import ListingId
from api.openapi import problems
from api.price_bands.schemas import ListingPriceBandRead, PriceBandQuote, PriceBandRead
from core.errors import NotFoundError
from serving.price_bands.service import band_of, quote

router = APIRouter(prefix="/v1", tags=["price bands"])


@router.get(
    "/listings/{listing_id}/price-band",
    summary="What a listed car is worth",
    responses=problems("listing_not_found", "price_band_not_found", "invalid_request"),
)
def read_price_band(listing_id: ListingId, session: SessionDep, audience: AudienceDep) -> ListingPriceBandRead:
    """The band as of the last refresh. Where nothing honest can be said, `method` is `none` and `reason` says why.

    A new listing has no band until the next refresh: `price_band_not_found`.
    """
    found = band_of(session, listing_id, audience)
    if found.computed_at is None:
        raise NotFoundError(
            f"Listing {listing_id} is new; its price band comes with the next refresh.", code="price_band_not_found"
        )
    return ListingPriceBandRead.of(found, found.computed_at)


@router.post(
    "/price-bands",
    summary="What a car would be worth",
    responses=problems("invalid_json", "body_too_large", "not_json", "invalid_text"),
)
def quote_price_band(car: PriceBandQuote, session: SessionDep, opened: PartsDep) -> PriceBandRead:
    """A quote for a car that is not listed. Nothing is stored. The more is said of the car, the narrower the band."""
    return PriceBandRead.of(quote(session, opened.champion, [car.car()])[0])
