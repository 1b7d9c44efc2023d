"""Tell the audit trail the client of each request, and record refused requests after they were answered.

The middleware is outside all others, so it sees the refusals of each. No request waits for the recording: while the
database is unreachable, refusals are counted in memory, and recorded when it is back.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.deps import AppState
from api.middleware.rate_limits import DEVICE_HEADER
from core.audit.origin import RequestOrigin, request_origin
from core.db.session import SessionFactory, transaction
from core.observability.context import current_fields
from core.rate_limits.addresses import Network, address_class, client_address, parse_proxies
from core.rate_limits.devices import DeviceIds
from core.settings import Settings
from serving.audit.refusals import RECORDED, Refusal, RefusalLedger, record_refusals

_log = logging.getLogger(__name__)
_PAUSE: Final = 0.5
_PAUSE_AFTER_FAILURE: Final = 15.0
_LAST_SECONDS: Final = 5.0


class RefusalTrail:
    """Middleware that counts refused requests; outside the routes and all other middleware."""

    def __init__(self, app: ASGIApp, ledger: RefusalLedger, proxies: tuple[Network, ...]) -> None:
        self._app = app
        self._ledger = ledger
        self._proxies = proxies
        self._devices: DeviceIds | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a request, and count it if it is refused."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with request_origin(self._origin(scope)) as origin:
            await self._app(scope, receive, send_and_note_status)
            if status in RECORDED:
                request_id = current_fields().get("request_id", "")
                self._ledger.note(Refusal.of(origin, status, request_id), time.monotonic())

    def _origin(self, scope: Scope) -> RequestOrigin:
        headers = Headers(scope=scope)
        peer = scope.get("client")
        address = client_address(peer[0] if peer else "", headers.getlist("x-forwarded-for"), self._proxies)
        if self._devices is None:
            self._devices = DeviceIds(scope["app"].state.opened.identity.keys.index)
        return RequestOrigin(address_class(address), self._devices.verified(headers.get(DEVICE_HEADER)))


def install_refusals(app: FastAPI, settings: Settings) -> RefusalLedger:
    """Add the middleware to the application; return the ledger for `recorded_refusals`."""
    ledger = RefusalLedger()
    app.add_middleware(RefusalTrail, ledger=ledger, proxies=parse_proxies(settings.trusted_proxies))
    return ledger


@asynccontextmanager
async def recorded_refusals(state: AppState, ledger: RefusalLedger) -> AsyncIterator[None]:
    """Record refusals while the block runs, and the remaining ones at its end."""
    recording = asyncio.create_task(_record_repeatedly(state, ledger))
    try:
        yield
    finally:
        recording.cancel()
        try:
            async with asyncio.timeout(_LAST_SECONDS):
                await _record(state, ledger, everything=True)
        except TimeoutError:
            _log.warning("the last refusals were not recorded in time")


async def _record_repeatedly(state: AppState, ledger: RefusalLedger) -> None:
    pause = _PAUSE
    while True:
        await asyncio.sleep(pause)
        pause = _PAUSE if await _record(state, ledger) else _PAUSE_AFTER_FAILURE


async def _record(state: AppState, ledger: RefusalLedger, *, everything: bool = False) -> bool:
    """Record the refusals that are due; tell whether that succeeded."""
    taken = ledger.take(time.monotonic(), everything=everything)
    if not taken:
        return True
    try:
        await state.threads.run(partial(_write, state.sessions, taken))
    except Exception as error:  # noqa: BLE001  (any failure: requests go on and the count is kept)
        ledger.put_back(taken, time.monotonic())
        _log.warning("refusals cannot be recorded, tried again later: %s", type(error).__name__)
        return False
    return True


def _write(sessions: SessionFactory, taken: list[tuple[Refusal, int]]) -> None:
    with transaction(sessions) as session:
        record_refusals(session, taken)
