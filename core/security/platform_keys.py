"""The secret keys of the platform, given by settings or kept under the home folder.

Three kinds: a ring that seals personal data and rotates; one fixed secret for blind indexes and codes, since an index
under another key would find nobody; and the signing keys of the embedded issuer, as a private JWKS.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from core.errors import PermanentError
from core.security.keyring import KEY_BYTES, BadKeyringError, Keyring, new_keyring, parse_keyring
from core.settings import Settings

SEALING_FILE: Final = "sealing.json"
INDEX_FILE: Final = "index.key"
SIGNING_FILE: Final = "signing.json"


@dataclass(frozen=True)
class PlatformKeys:
    """All secret keys. `signing` holds the newest key first: it signs, the others only go on being published."""

    sealing: Keyring
    index: bytes = field(repr=False)
    signing: tuple[ECKey, ...] = field(repr=False)
    sealing_file: Path | None = None
    """The file of the sealing keys, if they are not given: `automart pii rotate` adds to them there."""

    def active_sealing(self) -> Keyring:
        """Return the ring whose active key wraps new data keys: another process may have made one since the start."""
        return self.sealing if self.sealing_file is None else parse_keyring(self.sealing_file.read_text())

    def sealing_with(self, key_id: str) -> Keyring:
        """Return the ring with this key in it, read again where it was made since the start; else the known ring."""
        return self.sealing if key_id in self.sealing.keys else self.active_sealing()


class KeysMissingError(PermanentError):
    """The database is not the embedded one, and no keys are given."""

    code = "keys_missing"

    def __init__(self) -> None:
        super().__init__("With DATABASE_URL set, give SEALING_KEYS, INDEX_KEY and SIGNING_KEYS too (see .env.example).")


def open_keys(settings: Settings) -> PlatformKeys:
    """Return the keys of the settings; without any, and with the embedded database, those kept under its home.

    Raises:
        KeysMissingError: another machine could use the same database with other keys.
        BadKeyringError: some are given and some are not, or one cannot be used.
    """
    settable = (settings.sealing_keys, settings.index_key, settings.signing_keys)
    given = [secret.get_secret_value() for secret in settable if secret is not None]
    if len(given) == len(settable):
        return given_keys(*given)
    if given:
        raise BadKeyringError("Give SEALING_KEYS, INDEX_KEY and SIGNING_KEYS together, or none of them.")
    if settings.has_outside_database:
        raise KeysMissingError
    return kept_keys(settings.keys_dir)


def new_key_settings() -> dict[str, Any]:
    """Return new keys as the texts of their settings, by name."""
    return {
        "sealing_keys": new_keyring().to_json(),
        "index_key": _new_index(),
        "signing_keys": new_signing_keys(),
    }


def given_keys(sealing: str, index: str, signing: str) -> PlatformKeys:
    """Read keys from the texts of settings: a keyring, base64 of 32 bytes, a private JWKS.

    Raises:
        BadKeyringError: one of them says something else; the sentence names which, and no part of a key.
    """
    return PlatformKeys(parse_keyring(sealing), _parse_index(index), _parse_signing(signing))


def kept_keys(folder: Path) -> PlatformKeys:
    """Read the keys that are kept in `folder`; the first process of an empty home makes them."""
    return PlatformKeys(
        sealing=parse_keyring(_read_or_create(folder / SEALING_FILE, lambda: new_keyring().to_json())),
        index=_parse_index(_read_or_create(folder / INDEX_FILE, _new_index)),
        signing=_parse_signing(_read_or_create(folder / SIGNING_FILE, lambda: new_signing_keys())),
        sealing_file=folder / SEALING_FILE,
    )


def write_keyring(path: Path, ring: Keyring) -> None:
    """Replace a kept keyring: whoever reads it, and whenever this is killed, finds the old one or the new one."""
    with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-", delete=False) as aside:
        aside.write(ring.to_json())
        aside.flush()
        os.fsync(aside.fileno())
        Path(aside.name).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def new_signing_keys(before: str | None = None) -> str:
    """Return a private JWKS whose first key is new; the keys of `before` follow it."""
    key = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
    older = [] if before is None else json.loads(before)["keys"]
    return json.dumps({"keys": [key.as_dict(private=True), *older]})


def _new_index() -> str:
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def _parse_index(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise BadKeyringError("The index key is base64 of 32 bytes; `openssl rand -base64 32` makes one.")
    return key


def _parse_signing(text: str) -> tuple[ECKey, ...]:
    try:
        keys = tuple(ECKey.import_key(entry) for entry in json.loads(text)["keys"])
    except (ValueError, KeyError, TypeError, JoseError):
        keys = ()
    if not keys or not all(key.is_private and key.kid and key.curve_name == "P-256" for key in keys):
        raise BadKeyringError("Signing keys are a private JWKS of P-256 keys, each with a kid.")
    return keys


def _read_or_create(path: Path, create: Callable[[], str]) -> str:
    """Return the text of a file, made by the first process that asks; several at once get the same text.

    The new file is written aside, with mode 0600, and linked to its name: the link succeeds for exactly one process,
    and no process ever reads a part of a file.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-") as aside:
            aside.write(create())
            aside.flush()
            os.fsync(aside.fileno())
            with suppress(FileExistsError):  # another process was first
                os.link(aside.name, path)
    return path.read_text()
