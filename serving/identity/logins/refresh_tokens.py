"""Refresh tokens: derived from the session and its generation, so that no token is kept anywhere.

Each use of a token replaces it by that of the next generation. Since the next one is derived and not drawn, a client
that lost the answer, or asked from two tabs at once, is given the very same successor again.
"""

from __future__ import annotations

import base64
import hmac
from typing import Final
from uuid import UUID

from core.security.sealing import derive

PREFIX: Final = "aut_rt_"
"""Says what a found string is, for scanners that look for secrets."""
_GENERATION_BYTES: Final = 6
_MAC_BYTES: Final = 32
_LENGTH: Final = 16 + _GENERATION_BYTES + _MAC_BYTES


class RefreshTokens:
    """Makes and reads refresh tokens under the platform's fixed key."""

    def __init__(self, index_key: bytes) -> None:
        self._key = derive(index_key, "refresh tokens")

    def token(self, session_id: UUID, generation: int) -> str:
        """Return the token of a session's generation."""
        named = session_id.bytes + generation.to_bytes(_GENERATION_BYTES, "big")
        return PREFIX + base64.urlsafe_b64encode(named + self._mac(named)).decode().rstrip("=")

    def read(self, token: str) -> tuple[UUID, int] | None:
        """Return session and generation of a token that we made; None for every other text."""
        encoded = token.removeprefix(PREFIX)
        if encoded == token or not encoded.isascii():
            return None
        try:
            data = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        except ValueError:
            return None
        named, mac = data[:-_MAC_BYTES], data[-_MAC_BYTES:]
        if len(data) != _LENGTH or not hmac.compare_digest(mac, self._mac(named)):
            return None
        return UUID(bytes=named[:16]), int.from_bytes(named[16:], "big")

    def _mac(self, named: bytes) -> bytes:
        return hmac.digest(self._key, named, "sha256")
