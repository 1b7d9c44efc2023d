"""The id of a request, in and out, and one log line for each.

A caller may name its request (`X-Request-ID`), so that one id goes through the systems of both sides; otherwise it is
given one. The id stands in every log line and audit record of the request and in its answer.
"""

import logging
import re
import time
from urllib.parse import quote
from uuid import uuid4

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.observability.context import log_fields

_log = logging.getLogger("api.access")
_HEADER = b"x-request-id"
_SOUND = re.compile(rb"[A-Za-z0-9._-]{8,64}")


class RequestLog:
    """Wraps the whole application, its answers to defects included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a request under its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        status, started = 0, time.perf_counter()

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], (_HEADER, request_id)]}
            await send(message)

        with log_fields(request_id=request_id.decode()):
            try:
                await self._app(scope, receive, send_named)
            finally:
                if _log.isEnabledFor(logging.INFO):
                    took = (time.perf_counter() - started) * 1000
                    _log.info("%s %s %d %.1f ms", scope["method"], quote(scope["path"]), status, took)


def install_request_log(app: FastAPI) -> None:
    """Put the log around the application: outside of Starlette's own layers, which answer defects."""
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: RequestLog(build())  # type: ignore[method-assign]


def _request_id(scope: Scope) -> bytes:
    given = [value for name, value in scope["headers"] if name == _HEADER]
    return given[0] if len(given) == 1 and _SOUND.fullmatch(given[0]) else uuid4().hex.encode()
