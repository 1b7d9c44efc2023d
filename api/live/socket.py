"""`WS /v1/live`: live push over a WebSocket.

Browsers do not hold WebSockets to the rule of origins, so the header is checked here. The token comes as a subprotocol
(`automart.live, bearer.<token>`) or in the first message, never in the address, which is logged.
"""

import asyncio
import json
from contextlib import aclosing, suppress
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.deps import AppState
from api.live.flow import begun, flowing
from api.live.router import router
from api.middleware.cors import web_origins
from core.errors import AutomartError, ForbiddenError, InvalidInputError, RetryableError, UnauthenticatedError
from core.identity.orgs import CODE_PATTERN
from serving.identity.errors import LoginNeededError
from serving.live.connecting import Wanted
from serving.live.subscription import Subscription
from serving.outages import DATABASE_OUTAGES, DatabaseUnavailableError

PROTOCOL: Final = "automart.live"
_BEARER: Final = "bearer."
_FIRST_SECONDS: Final = 10.0
_SEND_SECONDS: Final = 4.0
_BAD, _UNKNOWN, _FORBIDDEN, _SLOW, _CHANGED, _LATER = 4400, 4401, 4403, 4408, 4409, 1013
_PARAMETERS: Final = frozenset({"org", "after"})


class Hello(BaseModel):
    """The first message of a client that sent no token before."""

    model_config = ConfigDict(extra="forbid")
    token: str = Field(default="", max_length=8_192)
    org: str | None = Field(default=None, pattern=CODE_PATTERN)
    after: str = Field(default="", max_length=250)


class BadHelloError(InvalidInputError):
    """Neither the address nor the first message begins a live connection as it must."""

    code = "bad_hello"

    def __init__(self) -> None:
        super().__init__(
            'Send {"token", "org", "after"} first, or the token as a subprotocol and the rest as parameters.'
        )


class TooSlowError(RetryableError):
    """The client takes too long to send its first message, or to read."""

    code = "too_slow"

    def __init__(self) -> None:
        super().__init__("The connection was too slow: connect again, from the position that you have.")


async def live_socket(socket: WebSocket) -> None:
    """Send a client its messages until it leaves, or its rights end."""
    state: AppState = socket.app.state.opened
    origin = socket.headers.get("origin")
    if origin is not None and origin.lower() not in web_origins(state.settings):
        await socket.close(_FORBIDDEN)  # before it was accepted: an answer 403
        return
    offered = [part.strip() for part in socket.headers.get("sec-websocket-protocol", "").split(",")]
    await socket.accept(PROTOCOL if PROTOCOL in offered else None)
    try:
        subscription = await _begun(socket, state, offered)
    except WebSocketDisconnect:
        return
    except AutomartError as error:
        await _end(socket, error)
        return
    except DATABASE_OUTAGES:
        await _end(socket, DatabaseUnavailableError())
        return
    await _serve(socket, state, subscription)


async def _begun(socket: WebSocket, state: AppState, offered: list[str]) -> Subscription:
    hello = await _hello(socket, offered)
    if not hello.token:
        raise LoginNeededError
    bearer = await state.identity.authenticator.verify(hello.token)
    return await begun(state, bearer, Wanted(hello.org, hello.after))


async def _serve(socket: WebSocket, state: AppState, subscription: Subscription) -> None:
    """Send until the client has left or the connection has to end, whichever is first."""
    sending = asyncio.create_task(_send_all(socket, state, subscription))
    leaving = asyncio.create_task(_until_gone(socket))
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)


async def _send_all(socket: WebSocket, state: AppState, subscription: Subscription) -> None:
    try:
        async with aclosing(flowing(state, subscription)) as found:
            async for message in found:
                await _send(socket, message.text)
    except WebSocketDisconnect:
        return
    except AutomartError as error:
        await _end(socket, error)
    except DATABASE_OUTAGES:
        await _end(socket, DatabaseUnavailableError())


async def _hello(socket: WebSocket, offered: list[str]) -> Hello:
    """Return what the client asks for: by subprotocol and parameters, or by its first message.

    Raises:
        BadHelloError, TooSlowError: as they say.
    """
    token = next((part.removeprefix(_BEARER) for part in offered if part.startswith(_BEARER)), "")
    try:
        if token:
            if not _PARAMETERS.issuperset(socket.query_params):
                raise BadHelloError
            return Hello(token=token, **dict(socket.query_params))
        async with asyncio.timeout(_FIRST_SECONDS):
            return Hello.model_validate_json(await socket.receive_text())
    except (ValidationError, KeyError):  # KeyError: the first message was of bytes
        raise BadHelloError from None
    except TimeoutError:
        raise TooSlowError from None


async def _until_gone(socket: WebSocket) -> None:
    """Pass over whatever a client says later, until it has left."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _send(socket: WebSocket, text: str) -> None:
    try:
        async with asyncio.timeout(_SEND_SECONDS):
            await socket.send_text(text)
    except TimeoutError:
        raise TooSlowError from None


async def _end(socket: WebSocket, error: AutomartError) -> None:
    """Say why the connection ends, as far as the client still reads, and end it."""
    content = {"type": "end", "code": error.code, "detail": error.detail}
    with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
        async with asyncio.timeout(1):
            await socket.send_text(json.dumps(content))
            await socket.close(_close_code(error), error.code)


def _close_code(error: AutomartError) -> int:
    if isinstance(error, TooSlowError):
        return _SLOW
    kinds = {
        UnauthenticatedError: _UNKNOWN,
        ForbiddenError: _FORBIDDEN,
        RetryableError: _LATER,
        InvalidInputError: _BAD,
    }
    return next((code for kind, code in kinds.items() if isinstance(error, kind)), _CHANGED)


router.add_websocket_route("/v1/live", live_socket)  # past the dependencies of operations, which are for requests
