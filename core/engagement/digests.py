"""Keyed digests of devices, sessions and people: the same one always gives the same number, which names nobody."""

from datetime import date
from hashlib import blake2b, sha256
from typing import Final
from uuid import UUID

from core.security.sealing import derive

SERVER_DEVICE: Final = 0
"""The device of events that the platform itself tells."""
_BYTES: Final = 8


class Digests:
    """Makes 64-bit numbers under the key of the platform."""

    def __init__(self, index_key: bytes) -> None:
        self._key = derive(index_key, "engagement")

    def device(self, device_id: str) -> int:
        """Return the number of a device; never that of the server."""
        return self._number("device", device_id) or 1

    def device_on(self, device_id: str, day: date) -> int:
        """Return the number of a device on one day, for people who want not to be followed: no two days are alike."""
        return self._number("device of a day", f"{day.isoformat()} {device_id}") or 1

    def session(self, device_id: str, session_id: str) -> int:
        """Return the number of a session of a device."""
        return self._number("session", f"{len(device_id)} {device_id} {session_id}")

    def key(self, device_id: str, event_id: UUID) -> UUID:
        """Return the key of an event by which its repeats are known.

        It begins with the time in the id, so keys of one time stand together in the index.
        """
        digest = self._digest("event", f"{event_id.hex} {device_id}", 10)
        return UUID(bytes=event_id.bytes[:6] + digest)

    def _number(self, kind: str, text: str) -> int:
        return int.from_bytes(self._digest(kind, text, _BYTES), signed=True)

    def _digest(self, kind: str, text: str, size: int) -> bytes:
        return blake2b(f"{kind} {text}".encode(), digest_size=size, key=self._key).digest()


def person_number(user_id: UUID) -> int:
    """Return the number of a person who is logged in: without a key, since erasures find it where no key is known.

    Ids of people are random, so nobody can go through them; the function `engagement_own_events` makes the same number.
    """
    return int.from_bytes(sha256(f"engagement person {user_id}".encode()).digest()[:_BYTES], signed=True)


def payload_digest(text: str) -> int:
    """Return a digest of an event's canonical text, never 0: that stands for any."""
    return int.from_bytes(blake2b(text.encode(), digest_size=_BYTES).digest(), signed=True) or 1
