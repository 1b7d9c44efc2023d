"""Device ids that the platform has signed: a client cannot invent them to be counted as many."""

import hmac
import secrets
from typing import Final

from core.security.sealing import derive

_ID_BYTES: Final = 16
_MAC_LENGTH: Final = 32  # hex digits: 128 bits
LENGTH: Final = 2 * _ID_BYTES + 1 + _MAC_LENGTH


class DeviceIds:
    """Issues and verifies device ids, as `<32 hex digits>.<32 hex digits>`."""

    def __init__(self, index_key: bytes) -> None:
        self._key = derive(index_key, "device ids")

    def issue(self) -> str:
        """Return a new signed id."""
        device = secrets.token_hex(_ID_BYTES)
        return f"{device}.{self._mac(device)}"

    def verified(self, given: str | None) -> str | None:
        """Return the id without its signature; None where it is missing or not signed by us."""
        if given is None or len(given) != LENGTH or not given.isascii():
            return None
        device, _, mac = given.partition(".")
        return device if hmac.compare_digest(mac, self._mac(device)) else None

    def _mac(self, device: str) -> str:
        return hmac.digest(self._key, device.encode(), "sha256").hex()[:_MAC_LENGTH]
