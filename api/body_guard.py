"""Refuses bodies that are too long or not JSON, before anything reads them."""

import re
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem_response

MAX_BODY_BYTES = 64 * 1024
_LARGER = {"/v1/price-bands/batch": 512 * 1024}
"""Paths that take many things at once."""

_UPLOAD = re.compile(r"/v1/feeds/[^/]+/files")
"""Takes files of any kind, streams them and counts for itself: see `api.feeds.uploads`."""


class BodyGuard:
    """ASGI middleware. A body is counted as it arrives, so that a missing or lying Content-Length changes nothing.

    The whole body is taken in before the application starts: at this size that costs nothing, and the application
    never sees half a request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with 413 or 415."""
        if scope["type"] != "http" or _is_upload(scope):
            await self._app(scope, receive, send)
            return
        most = _LARGER.get(_path(scope), MAX_BODY_BYTES)
        body = await _read(receive, most)
        if body is None:
            refusal = problem_response(
                scope,
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "body_too_large",
                f"The body is larger than {most // 1024} KiB, which is more than this request needs.",
            )
            await refusal(scope, receive, send)
        elif body and not _is_json(scope):
            refusal = problem_response(
                scope,
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "Send the body as JSON with the header Content-Type: application/json.",
            )
            await refusal(scope, receive, send)
        else:
            await self._app(scope, _replay(body, receive), send)


def _is_upload(scope: Scope) -> bool:
    return scope["method"] in ("PUT", "POST") and _UPLOAD.fullmatch(_path(scope)) is not None


def _path(scope: Scope) -> str:
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path


async def _read(receive: Receive, most: int) -> bytes | None:
    """The whole body, or None as soon as it is too long."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > most:
            return None
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


def _is_json(scope: Scope) -> bool:
    types = [value for name, value in scope["headers"] if name == b"content-type"]
    return len(types) == 1 and types[0].split(b";")[0].strip().lower() == b"application/json"
