"""POST /v1/payments/{provider}/callbacks: whatever a provider sends is kept, and moves no money."""

from typing import Annotated, Any

from fastapi import Depends, Path, Request

from api.contract.documented import problems
from api.contract.problems import BodyTooLargeError
from api.deposits.opening_rules import OpeningDep
from api.deposits.problems import CALLBACK_PROBLEMS
from api.deposits.router import router
from api.deposits.schemas import CallbackRead
from api.deps import SessionDep
from api.rules import KIB, PUBLIC, request_rules
from api.streamed_body import take_body
from core.clock import utc_now
from serving.deposits.errors import ProviderNotFoundError
from serving.deposits.holds.opening import OpeningRules, Provider
from serving.deposits.providers.callbacks import RawCallback, receive_callback

_MOST_BYTES = 64 * KIB
_SECONDS = 10.0
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": False,  # some providers send none: it only wakes the reconciler
        "description": "The notification as its provider sends it.",
        "content": {"application/octet-stream": {"schema": {"type": "string"}, "example": "{}"}},
    }
}
ProviderName = Annotated[
    str, Path(pattern="^[a-z][a-z0-9_]{0,39}$", description="The provider's name.", examples=["sandbox"])
]


async def raw_callback(request: Request) -> RawCallback:
    """Take in the bytes and the headers."""
    body = bytearray()

    def write(piece: bytes) -> None:
        body.extend(piece)
        if len(body) > _MOST_BYTES:
            raise BodyTooLargeError(_MOST_BYTES)

    await take_body(request, write, whole_seconds=_SECONDS, pause_seconds=_SECONDS)
    return RawCallback(bytes(body), dict(request.headers))


def known_provider(rules: OpeningRules, name: str) -> Provider:
    """Return a provider.

    Raises:
        ProviderNotFoundError: there is none of this name here.
    """
    known = rules.providers.get(name)
    if known is None:
        raise ProviderNotFoundError
    return known


@router.post(
    "/v1/payments/{provider}/callbacks",
    summary="A notification of a payment provider",
    responses=problems(*CALLBACK_PROBLEMS),
    openapi_extra=_BODY,
)
@request_rules(access=PUBLIC, streamed=True, content_types=(), foreign_parameters=True)
def callback(
    provider: ProviderName,
    session: SessionDep,
    rules: OpeningDep,
    raw: Annotated[RawCallback, Depends(raw_callback)],
) -> CallbackRead:
    """Keep the notification, and ask the provider itself what was paid."""
    receive_callback(session, known_provider(rules, provider), raw, utc_now())
    return CallbackRead(status="received")
