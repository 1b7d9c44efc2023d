"""Seal values under data keys, and wrap data keys under a master key.

A sealed value names its data key (id and version) and is bound to its place, as in `core.security.sealing`. A wrapped
key is bound to its row: put into another person's row, it does not open.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from core.security.keyring import KEY_BYTES, Keyring
from core.security.sealing import SEAL_BYTES, CannotOpenError, decrypted, encrypted, open_sealed, seal

VERSION: Final = b"\x02"
HEAD_BYTES: Final = 1 + 16 + 4


@dataclass(frozen=True)
class KeyName:
    """The id of a data key and the version of it."""

    id: UUID
    version: int


@dataclass(frozen=True)
class OpenedKey:
    """A data key out of its wrapping; it lives as long as the work that needs it, and is never printed."""

    name: KeyName
    secret: bytes = field(repr=False)


def new_secret() -> bytes:
    """Return a new random data key."""
    return os.urandom(KEY_BYTES)


def seal_under(key: OpenedKey, value: str, place: tuple[str, ...]) -> bytes:
    """Encrypt a value for its place: version, key id (16 bytes), key version (4), nonce (12), ciphertext with tag."""
    head = VERSION + key.name.id.bytes + key.name.version.to_bytes(4, "big")
    return encrypted(key.secret, head, value, place)


def open_under(key: OpenedKey, sealed: bytes, place: tuple[str, ...]) -> str:
    """Decrypt a value that was sealed for this place under this key.

    Raises:
        CannotOpenError: it was sealed for another place or under another key, or was changed.
    """
    return decrypted(key.secret, sealed, HEAD_BYTES, place)


def key_name_of(sealed: bytes) -> KeyName | None:
    """Return the name of the data key that a value was sealed under; None: it was sealed before there were such keys.

    Raises:
        CannotOpenError: this is no sealed value.
    """
    if sealed[:1] != VERSION:
        return None
    if len(sealed) < HEAD_BYTES + SEAL_BYTES:
        raise CannotOpenError("This is not a sealed value.")
    return KeyName(UUID(bytes=sealed[1:17]), int.from_bytes(sealed[17:HEAD_BYTES], "big"))


def wrap(ring: Keyring, key: OpenedKey, owner: tuple[str, ...]) -> bytes:
    """Encrypt a data key under the ring's active master key, for its row."""
    return seal(ring, base64.b64encode(key.secret).decode(), _row(key.name, owner))


def unwrap(ring: Keyring, name: KeyName, wrapped: bytes, owner: tuple[str, ...]) -> OpenedKey:
    """Decrypt a data key.

    Raises:
        CannotOpenError: the master key is not in the ring, or the row is another one.
    """
    return OpenedKey(name, base64.b64decode(open_sealed(ring, wrapped, _row(name, owner))))


def _row(name: KeyName, owner: tuple[str, ...]) -> tuple[str, ...]:
    return ("data_keys", "wrapped", name.id.hex, str(name.version), *owner)
