"""Seal values so that only holders of the key can read them, and look them up without opening them.

Sealing is AES-256-GCM with a random nonce. The associated data name the place of the value (table, column, row): a
sealed value that is copied to another row does not open there. A blind index is an HMAC of the normalised value under a
key of its own, derived by HKDF, so that equal values can be found and nothing else can be learnt.
"""

import hmac
import os
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import PermanentError
from core.security.keyring import KEY_BYTES, Keyring

_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
SEAL_BYTES: Final = _NONCE_BYTES + 16
"""The bytes that sealing adds to head and value: the nonce, and the tag of 16 bytes."""


class CannotOpenError(PermanentError):
    """A sealed value does not open: another key, another place, or changed bytes."""

    code = "cannot_open"


def seal(keyring: Keyring, value: str, place: tuple[str, ...]) -> bytes:
    """Encrypt a value for its place, under the active key.

    Layout: version (1 byte), length of the key's id (1 byte), id, nonce (12 bytes), ciphertext with tag.
    """
    key_id = keyring.active.encode()
    head = _VERSION + bytes([len(key_id)]) + key_id
    return encrypted(keyring.keys[keyring.active], head, value, place)


def open_sealed(keyring: Keyring, sealed: bytes, place: tuple[str, ...]) -> str:
    """Decrypt a value that was sealed for this place.

    Raises:
        CannotOpenError: the key is not in the ring, or the value belongs to another place or was changed.
    """
    key_id = key_id_of(sealed)
    key = keyring.keys.get(key_id)
    if key is None:
        raise CannotOpenError(f"The value was sealed under the key {key_id!r}, which is not among the keys given.")
    return decrypted(key, sealed, 2 + len(key_id), place)


def encrypted(key: bytes, head: bytes, value: str, place: tuple[str, ...]) -> bytes:
    """Encrypt a value behind a head that names its key: head, nonce (12 bytes), ciphertext with tag (16)."""
    nonce = os.urandom(_NONCE_BYTES)
    return head + nonce + AESGCM(key).encrypt(nonce, value.encode(), head + _joined(place))


def decrypted(key: bytes, sealed: bytes, head_bytes: int, place: tuple[str, ...]) -> str:
    """Decrypt what `encrypted` returned.

    Raises:
        CannotOpenError: it was sealed for another place or under another key, or was changed.
    """
    head, nonce, rest = sealed[:head_bytes], sealed[head_bytes : head_bytes + _NONCE_BYTES], sealed[head_bytes:]
    try:
        return AESGCM(key).decrypt(nonce, rest[_NONCE_BYTES:], head + _joined(place)).decode()
    except InvalidTag:
        raise CannotOpenError("The value was changed, or sealed for another place.") from None


def key_id_of(sealed: bytes) -> str:
    """Return the id of the key that a value was sealed under.

    Raises:
        CannotOpenError: this is no sealed value.
    """
    length = sealed[1] if len(sealed) > 1 else 0
    if sealed[:1] != _VERSION or len(sealed) < 2 + length + SEAL_BYTES:
        raise CannotOpenError("This is not a sealed value.")
    return sealed[2 : 2 + length].decode("ascii", "replace")


def blind_index(key: bytes, purpose: str, normalised: str) -> bytes:
    """Return 32 bytes that are equal for equal values of one purpose ("phone", "email"), and unrelated otherwise."""
    return hmac.digest(derive(key, f"blind index {purpose}"), normalised.encode(), "sha256")


@lru_cache(maxsize=256)
def derive(key: bytes, purpose: str) -> bytes:
    """Derive a key of 32 bytes for one purpose (HKDF with SHA-256, RFC 5869).

    Derived keys are kept, as the platform's keys themselves are: purposes are few, and deriving takes longer than most
    of what is done with the result.
    """
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


def _joined(place: tuple[str, ...]) -> bytes:
    """Return 32 bytes that differ for different places."""
    # Lengths before the parts: ("a", "bc") and ("ab", "c") are different places.
    parts = [part.encode() for part in place]
    return sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()
