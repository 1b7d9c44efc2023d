"""Call the API with a token, and change the header of one, for the sweep."""

import base64
import json
from typing import Any

import httpx

from core.clock import utc_now


def require(holds: bool, what: str) -> None:
    """End the sweep where something does not hold."""
    if not holds:
        raise SystemExit(f"{utc_now():%H:%M:%S} does not hold: {what}")


def me(client: httpx.Client, token: str) -> httpx.Response:
    return client.get("/v1/me", headers={"authorization": f"Bearer {token}"})


def part(token: str, at: int) -> dict[str, Any]:
    """The header (0) or the claims (1) of a token."""
    text = token.split(".")[at]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def with_header(token: str, **changes: str) -> str:
    """The token with another header, and so with a signature that is wrong."""
    return ".".join([encoded(json.dumps(part(token, 0) | changes).encode()), *token.split(".")[1:]])
