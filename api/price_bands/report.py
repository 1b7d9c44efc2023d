"""GET /v1/listings/{id}/price-report: the valuation report of a listing as a page."""

from typing import Annotated, Any, Literal

from fastapi import Query
from fastapi.responses import HTMLResponse, Response

from api.contract.documented import merged, problems
from api.deps import AudienceDep, SessionDep, StateDep
from api.parameters import ListingId
from api.price_bands.endpoints import router
from api.price_bands.problems import LISTING_NOT_FOUND, STORAGE_UNAVAILABLE
from serving.price_bands.report.page import POLICY, report_page, valuation_of

_HTML: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page.", "content": {"text/html": {"schema": {"type": "string"}, "example": "<h1>…</h1>"}}}
}
Language = Annotated[Literal["en", "ur"], Query(description="English, or Urdu from right to left.", examples=["ur"])]


@router.get(
    "/listings/{listing_id}/price-report",
    summary="The valuation report of a listing",
    response_class=HTMLResponse,
    responses=merged(_HTML, problems(LISTING_NOT_FOUND, STORAGE_UNAVAILABLE)),
)
def read_price_report(
    listing_id: ListingId, session: SessionDep, audience: AudienceDep, state: StateDep, language: Language = "en"
) -> Response:
    """Return a page of the band, its reasons, similar cars, the trend and the basis, as the caller may see them."""
    page = report_page(valuation_of(session, state.champion, listing_id, audience), language)
    headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return HTMLResponse(page, headers=headers)
