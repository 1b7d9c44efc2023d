"""Limits of a connection that no application sees: time and size of a request's head, and a client that does not read.

uvicorn's `timeout_keep_alive` ends a connection that is idle between requests, and every received byte disarms it: a
client that sends its head byte by byte, or nothing at all, is held for as long as it likes. The body's limits are the
application's (`api.middleware.body_guard`, `api.feeds.uploads`), which knows the operation.
"""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.contract.problems import HeaderTooLargeError, HeaderTooSlowError, HttpProblemError
from api.errors import problem_content

_END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True)
class ConnectionLimits:
    """The limits of one connection."""

    header_seconds: float = 10
    """Seconds from the connection, or from the first byte of a further request, to the end of the headers."""
    header_bytes: int = 64 * 1024
    write_seconds: float = 30
    """The longest that an answer may wait for a client to read on."""


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 connection, closed where a limit is passed."""

    def __init__(self, *args: Any, limits: ConnectionLimits, **kwargs: Any) -> None:  # noqa: ANN401  (as in uvicorn)
        super().__init__(*args, **kwargs)
        self._limits = limits
        self._header_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._tail = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Expect a head from now on."""
        super().connection_made(transport)
        self._expect_header()

    def data_received(self, data: bytes) -> None:
        """Pass the bytes on; stop the clock where they complete a head, start it where they begin one."""
        before = self.cycle
        if self._head_is_too_large(data):
            self._refuse(HeaderTooLargeError(self._limits.header_bytes))
            return
        super().data_received(data)
        if (
            self.transport.get_protocol() is not self
        ):  # a WebSocket now: whatever comes is no head, and has its own limits
            self._stop_header_clock()
            return
        if self.cycle is not before:
            self._header_bytes, self._tail = 0, b""
            self._stop_header_clock()
        elif self._awaits_header():
            self._expect_header()
            if before is None or not before.more_body:  # else these are the rest of a body that was refused
                self._header_bytes += len(data)
                self._tail = (self._tail + data)[-3:]

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._stop_header_clock()
        self._stop_write_clock()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Give the client some time to read on."""
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(self._limits.write_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Note that the client reads."""
        super().resume_writing()
        self._stop_write_clock()

    def _awaits_header(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _head_is_too_large(self, data: bytes) -> bool:
        """Tell whether the head is over the limit with these bytes, which may complete it and hold more than it."""
        if not self._awaits_header() or (self.cycle is not None and self.cycle.more_body):
            return False
        end = (self._tail + data).find(_END_OF_HEAD)
        more = len(data) if end < 0 else end + len(_END_OF_HEAD) - len(self._tail)
        return self._header_bytes + more > self._limits.header_bytes

    def _expect_header(self) -> None:
        if self._header_timer is None:
            self._header_timer = self.loop.call_later(self._limits.header_seconds, self._header_is_late)

    def _stop_header_clock(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _stop_write_clock(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _header_is_late(self) -> None:
        self._header_timer = None
        if not self._awaits_header():
            self.cycle.keep_alive = False  # an answer is under way: the connection ends with it
        elif self._header_bytes:
            self._refuse(HeaderTooSlowError())
        else:
            self.transport.close()

    def _refuse(self, error: HttpProblemError) -> None:
        """Answer with a problem and close."""
        if self.transport.is_closing():
            return
        content = problem_content(error, "")
        status = f"HTTP/1.1 {error.http_status} {HTTPStatus(error.http_status).phrase}"
        headers = f"content-type: application/problem+json\r\ncontent-length: {len(content)}\r\nconnection: close"
        self.transport.write(f"{status}\r\n{headers}\r\n\r\n".encode() + content)
        self.transport.close()
