"""Show buyers payment pages and receipts, and receive buyers whom a provider sends back."""

from typing import Annotated, Any

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.contract.documented import merged, problems
from api.deposits.callbacks import ProviderName, known_provider, raw_callback
from api.deposits.endpoints import DepositId
from api.deposits.opening_rules import OpeningDep
from api.deposits.problems import CALLBACK_PROBLEMS, PAGE_PROBLEMS, RECEIPT_PROBLEMS, RETURN_PROBLEMS
from api.deposits.router import router
from api.deps import PrincipalDep, SessionDep, StateDep
from api.rules import PUBLIC, request_rules
from core.clock import utc_now
from core.settings import Settings
from serving.deposits.declarations import READ_DEPOSITS
from serving.deposits.documents.pages import checkout_page, find_checkout, page, policy_of
from serving.deposits.documents.receipts import read_receipt
from serving.deposits.providers.callbacks import RawCallback, receive_callback

_BARE_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
_HTML: dict[int | str, dict[str, Any]] = {
    200: {"description": "A page.", "content": {"text/html": {"schema": {"type": "string"}, "example": "<h1>…</h1>"}}}
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": False,  # some providers send no form: then the return only starts a reconciliation
        "description": "The provider's form.",
        "content": {"application/x-www-form-urlencoded": {"schema": {"type": "string"}, "example": "a=b"}},
    }
}
Reference = Annotated[
    str, Path(pattern="^AMD[0-9A-Z]{17}$", description="The reference.", examples=["AMD0123456789ABCDEFG"])
]


@router.get(
    "/v1/payments/pages/{reference}",
    summary="A payment page",
    response_class=HTMLResponse,
    responses=merged(_HTML, problems(*PAGE_PROBLEMS)),
)
@request_rules(access=PUBLIC)
def payment_page(reference: Reference, session: SessionDep, rules: OpeningDep) -> Response:
    """Show the form that takes the buyer to the provider, or the steps to take at a bank or in an app."""
    checkout = find_checkout(session, rules.providers, reference, utc_now())
    return _shown(checkout_page(checkout), policy_of(checkout))


@router.get(
    "/v1/payments/{provider}/return",
    summary="Where a provider sends buyers back to",
    response_class=HTMLResponse,
    responses=merged(_HTML, problems(*RETURN_PROBLEMS)),
)
@request_rules(access=PUBLIC, foreign_parameters=True)
def return_from_provider(
    provider: ProviderName, request: Request, session: SessionDep, rules: OpeningDep, state: StateDep
) -> Response:
    """Treat the query as a notification, and send the buyer on to the shop (303) or show a plain page."""
    raw = RawCallback(request.url.query.encode()[:65_536], dict(request.headers))
    receive_callback(session, known_provider(rules, provider), raw, utc_now())
    return _onward(state.settings)


@router.post(
    "/v1/payments/{provider}/return",
    summary="Where a provider sends buyers back to, with a form",
    response_class=HTMLResponse,
    responses=merged(_HTML, problems(*CALLBACK_PROBLEMS)),
    openapi_extra=_BODY,
)
@request_rules(access=PUBLIC, streamed=True, content_types=(), foreign_parameters=True)
def return_from_provider_with_form(
    provider: ProviderName,
    session: SessionDep,
    rules: OpeningDep,
    state: StateDep,
    raw: Annotated[RawCallback, Depends(raw_callback)],
) -> Response:
    """Treat the form as a notification, and send the buyer on to the shop (303) or show a plain page."""
    receive_callback(session, known_provider(rules, provider), raw, utc_now())
    return _onward(state.settings)


@router.get(
    "/v1/deposits/{deposit_id}/receipt",
    summary="The receipts of a deposit",
    response_class=HTMLResponse,
    responses=merged(_HTML, problems(*RECEIPT_PROBLEMS)),
)
@request_rules(access=READ_DEPOSITS)
def receipt(deposit_id: DepositId, session: SessionDep, principal: PrincipalDep) -> Response:
    """Return numbered receipts, of the money that came and of what went back, as a page."""
    return _shown(read_receipt(session, principal, deposit_id), _BARE_POLICY)


def _onward(settings: Settings) -> Response:
    if settings.payment_return_url is not None:
        return RedirectResponse(settings.payment_return_url, status_code=303)
    return _shown(page("Thank you", [("Your payment", "is being confirmed; you can close this page.")]), _BARE_POLICY)


def _shown(text: str, policy: str) -> Response:
    headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return HTMLResponse(text, headers=headers)
