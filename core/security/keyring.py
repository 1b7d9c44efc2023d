"""Secret keys with names: one is active, older ones still open what they sealed."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.errors import InvalidInputError

KEY_BYTES: Final = 32
_LONGEST_ID: Final = 32


class BadKeyringError(InvalidInputError):
    """Keys that were given or kept cannot be used."""

    code = "bad_keys"


@dataclass(frozen=True)
class Keyring:
    """Keys of 32 bytes by id; `active` is the id of the one that seals and signs from now on."""

    active: str
    keys: Mapping[str, bytes]

    def __post_init__(self) -> None:
        """Refuse rings without an active key, and keys of the wrong size."""
        if self.active not in self.keys:
            raise BadKeyringError(f"The active key {self.active!r} is not among the keys.")
        for key_id, key in self.keys.items():
            if len(key) != KEY_BYTES:
                raise BadKeyringError(f"The key {key_id!r} has {len(key)} bytes instead of {KEY_BYTES}.")
            if not (0 < len(key_id) <= _LONGEST_ID and key_id.isascii() and key_id.isalnum()):
                raise BadKeyringError(f"A key's id is 1 to {_LONGEST_ID} letters and digits, not {key_id!r}.")

    def __repr__(self) -> str:
        """Return the ids alone: keys never reach a log or a traceback."""
        return f"Keyring(active={self.active!r}, ids={sorted(self.keys)})"

    def with_new_key(self) -> Keyring:
        """Return a ring whose active key is a new one; the present ones go on opening."""
        new = new_keyring()
        return Keyring(new.active, {**self.keys, **new.keys})

    def to_json(self) -> str:
        """Return the ring as JSON, as `parse_keyring` reads it."""
        encoded = {key_id: base64.b64encode(key).decode() for key_id, key in self.keys.items()}
        return json.dumps({"active": self.active, "keys": encoded})


def new_keyring() -> Keyring:
    """Return a ring of one random key."""
    key_id = secrets.token_hex(4)
    return Keyring(key_id, {key_id: secrets.token_bytes(KEY_BYTES)})


def parse_keyring(text: str) -> Keyring:
    """Read `{"active": id, "keys": {id: base64 of 32 bytes}}`.

    Raises:
        BadKeyringError: it says something else; the sentence holds no part of a key.
    """
    try:
        given = json.loads(text)
        keys = {key_id: base64.b64decode(key, validate=True) for key_id, key in given["keys"].items()}
        return Keyring(given["active"], keys)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadKeyringError(
            'Keys are a JSON object {"active": id, "keys": {id: base64 of 32 bytes}};'
            " `openssl rand -base64 32` makes a key."
        ) from None
