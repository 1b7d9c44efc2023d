"""The one way to start the API: uvicorn with the limits that keep slow and half-open clients from holding it."""

import gc
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.connections import ConnectionLimits, LimitedProtocol
from core.settings import Settings

_SOCKET_MESSAGE_BYTES = 16 * 1024
_SHUTDOWN_SECONDS = 10
"""The time that a request under way may still take when the server is told to stop."""


def make_server(
    settings: Settings,
    app: FastAPI | None = None,
    limits: ConnectionLimits | None = None,
    **options: Any,  # noqa: ANN401  (arguments of uvicorn.Config)
) -> uvicorn.Server:
    """Make the server of an application, by default of the API, on API_HOST and API_PORT; `options` are uvicorn's."""
    limits = limits or ConnectionLimits(header_seconds=settings.api_header_seconds)
    config = uvicorn.Config(
        create_app(settings) if app is None else app,
        http=partial(LimitedProtocol, limits=limits),  # type: ignore[arg-type]  # makes a protocol, as the class does
        ws="websockets-sansio",
        ws_max_size=_SOCKET_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # a window of compression would be most of what a live connection holds
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        proxy_headers=False,  # uvicorn believes whoever calls from loopback; see api.middleware.rate_limits
        **{"host": settings.api_host, "port": settings.api_port, **options},
    )
    return uvicorn.Server(config)


def run(server: uvicorn.Server) -> None:
    """Serve until interrupted.

    The objects of an application live as long as its process: 400,000, through which the garbage collector would look
    again and again, with every request waiting 0.3 s for it.
    """
    gc.collect()
    gc.freeze()
    server.run()
