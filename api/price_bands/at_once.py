"""A short way for the commonest question: a well-formed quote without query parameters.

FastAPI's routing, dependencies and serialisation cost more than the band itself. This middleware reads the same
request model, asks the same queue and writes the same response model; whatever is not plain success (another path, a
parameter, a body that does not validate, a car that needs a run of the model) it passes on untouched, so that the
endpoint is the only one who refuses and explains. tests/api/test_price_bands_at_once.py holds the two to equal bytes.
"""

import json
from http import HTTPStatus

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.body_guard import replay, requested_path
from api.deps import Parts
from api.price_bands.schemas import PriceBandQuote, PriceBandQuoteRead
from core.errors import InvalidInputError

PATH = "/v1/price-bands"


class AtOnce:
    """ASGI middleware, to stand inside `BodyGuard`, which gives it JSON of a bearable size in one piece."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if not _is_plain_quote(scope):
            await self._app(scope, receive, send)
            return
        body = (await receive()).get("body", b"")
        answer = _answer(scope["app"].state.parts, body)
        if answer is None:
            await self._app(scope, replay(body, receive), send)
            return
        response = Response(answer, HTTPStatus.OK, media_type="application/json")
        await response(scope, receive, send)


def _is_plain_quote(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "POST" or scope["query_string"]:
        return False
    return requested_path(scope) == PATH


def _answer(opened: Parts, body: bytes) -> bytes | None:
    """The response's body; None where the endpoint has to say what is the matter, or the model has to be run."""
    try:
        car = PriceBandQuote.model_validate(json.loads(body)).car()
    except (ValueError, RecursionError, InvalidInputError):  # malformed JSON and pydantic's errors are ValueErrors
        return None
    band = opened.quotes.at_once(car)
    if band is None:
        return None
    return PriceBandQuoteRead.answer(band, car.price_pkr).model_dump_json().encode()
