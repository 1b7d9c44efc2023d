"""Refuse bodies that are too long, too slow or of the wrong type, before anything reads them."""

import asyncio

from starlette.types import Message, Receive, Scope

from api.contract.problems import BodyTooLargeError, BodyTooSlowError, NotJsonError, UnsupportedContentTypeError
from api.rules import JSON_TYPE, RequestRules


async def guarded_body(scope: Scope, receive: Receive, rules: RequestRules, seconds: float) -> Receive:
    """Take in the whole body by the rules of its operation; return the `receive` that gives it again.

    A body is counted as it arrives, so that a missing or lying Content-Length changes nothing. At this size taking it
    in costs nothing, and the application never sees half a request.

    Raises:
        BodyTooLargeError: 413.
        BodyTooSlowError: 408: it is not whole after `seconds`.
        NotJsonError, UnsupportedContentTypeError: 415.
    """
    try:
        async with asyncio.timeout(seconds):
            body = await _read(receive, rules.max_body_bytes)
    except TimeoutError:
        raise BodyTooSlowError from None
    if body and rules.content_types and _content_type(scope) not in rules.content_types:
        if rules.content_types == (JSON_TYPE,):
            raise NotJsonError
        raise UnsupportedContentTypeError(rules.content_types)
    return _replay(body, receive)


async def _read(receive: Receive, most: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > most:
            raise BodyTooLargeError(most)
        chunks.append(chunk)
        if message["type"] != "http.request" or not message.get("more_body", False):
            return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _content_type(scope: Scope) -> str | None:
    """Return the content type without its parameters; None unless there is exactly one."""
    types = [value for name, value in scope["headers"] if name == b"content-type"]
    return types[0].split(b";")[0].strip().lower().decode("latin-1") if len(types) == 1 else None
