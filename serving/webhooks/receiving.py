"""Receive messages on this machine and verify them, for partners who try things out and for the demo."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from core.clock import utc_now
from pipelines.webhooks.signing import verify

TOLERANCE_SECONDS: Final = 300
_LONGEST_BODY: Final = 1_000_000


@dataclass(frozen=True)
class Received:
    """A message as it came; `problem` says why it was refused, None where the signature is that of the secret."""

    webhook_id: str
    body: Any
    problem: str | None


def make_receiver(port: int, secret: str, on_received: Callable[[Received], None]) -> ThreadingHTTPServer:
    """Open a server on loopback that answers 204 to messages with a right signature and a fresh time, and 401 else.

    Port 0 takes a free one; the caller runs `serve_forever` and closes it.

    Raises:
        InvalidInputError: `bad_secret`. OSError: the port is taken.
    """
    verify(secret, {}, b"")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(min(length, _LONGEST_BODY))
            received = _received(secret, {name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(204 if received.problem is None else 401)
            self.end_headers()
            on_received(received)

        def log_message(self, *_: object) -> None:
            """Write no line to stderr: `on_received` prints each message."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def _received(secret: str, headers: dict[str, str], body: bytes) -> Received:
    try:
        message = json.loads(body)
    except ValueError:
        message = None
    problem = None
    if not verify(secret, headers, body):
        problem = "the signature is not that of the secret"
    elif abs(utc_now().timestamp() - int(headers["webhook-timestamp"])) > TOLERANCE_SECONDS:
        problem = "the message is older or newer than five minutes"
    return Received(headers.get("webhook-id", ""), message, problem)
