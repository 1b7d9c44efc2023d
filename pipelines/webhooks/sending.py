"""Send one message to a partner's address, and say how it was answered."""

import asyncio
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from core.egress.addresses import EgressRules, resolve
from core.egress.errors import EgressError
from core.egress.http import Connections, Request
from core.egress.installation import installation_rules
from core.errors import InvalidInputError
from core.observability.redaction import redact
from core.settings import Settings
from pipelines.webhooks.schedule import parse_retry_after

TOTAL_SECONDS: Final = 15
KEPT_BYTES: Final = 4_000
PORTS: Final = frozenset({443, 8443})
_GONE: Final = 410
_SLOWER: Final = (429, 502, 503, 504)


@dataclass(frozen=True)
class Answer:
    """The answer to a message. `code` is `ok`, or the reason why it does not count as delivered."""

    code: str
    http_status: int | None = None
    body: str | None = None
    retry_after: timedelta | None = None
    milliseconds: int = 0

    @property
    def is_delivered(self) -> bool:
        """Whether the partner has acknowledged the message."""
        return self.code == "ok"

    @property
    def is_gone(self) -> bool:
        """Whether the partner says that nobody is there any more."""
        return self.http_status == _GONE


def webhook_rules(settings: Settings) -> EgressRules:
    """Return which addresses messages go to: public ones by HTTPS; those of `OUTBOUND_ALLOW_HOSTS` by HTTP too."""
    return replace(installation_rules(settings), plain_private=True, ports=PORTS)


def encoded(payload: Mapping[str, Any]) -> bytes:
    """Return the body as it is signed and sent: the same bytes at every attempt."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


class Sender:
    """Sends messages over connections that are kept between them."""

    def __init__(self, rules: EgressRules, trust: ssl.SSLContext) -> None:
        self._rules = rules
        self._connections = Connections(trust)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Answer:
        """Send a message; never raises for what a partner's server or address does.

        Fifteen seconds are the limit for everything: a server that answers byte by byte is cut off. Redirects are
        failures. Of the answer's body 4,000 bytes are read, as they come, without unpacking anything.
        """
        began = time.monotonic()
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                answer = await self._exchange(url, headers, body, now)
        except TimeoutError:
            answer = Answer("timeout")
        except (EgressError, InvalidInputError) as error:
            answer = Answer(error.code, body=error.detail)
        milliseconds = round((time.monotonic() - began) * 1000)
        return Answer(answer.code, answer.http_status, answer.body, answer.retry_after, milliseconds)

    async def _exchange(self, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Answer:
        target = await resolve(url, self._rules)
        request = Request("POST", {"Content-Type": "application/json", **headers}, body)
        async with self._connections.send(target, request) as response:
            kept = b""
            async for part in response.aiter_raw():
                kept += part
                if len(kept) >= KEPT_BYTES:
                    break
            wait = parse_retry_after(response.headers.get("retry-after"), now)
            status = response.status_code
            return Answer(_code(status), status, _shown(kept), wait if status in _SLOWER else None)

    async def close(self) -> None:
        """Close all connections."""
        await self._connections.close()


def _code(status: int) -> str:
    if 200 <= status < 300:
        return "ok"
    if 300 <= status < 400:
        return "redirect"
    return "gone" if status == _GONE else f"http_{status}"


def _shown(body: bytes) -> str | None:
    """Return the beginning of an answer for the log, without contacts, secrets and what the database cannot hold."""
    text = body[:KEPT_BYTES].decode("utf-8", "replace").replace("\x00", "\ufffd")
    return redact(text)[:KEPT_BYTES] or None
