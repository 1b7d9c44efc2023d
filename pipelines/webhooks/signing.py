"""Sign messages as Standard Webhooks 1.0.0 says, and make the secrets for it.

What is signed is `id.timestamp.body`, byte for byte as it is sent. `v1` is HMAC-SHA256 under a secret that both sides
have; `v1a` is ed25519, which anybody with the public key can verify. Several signatures stand side by side with blanks
between them, so that an old secret goes on being accepted while a new one is brought in.
"""

import base64
import binascii
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.errors import InvalidInputError

SECRET_PREFIX: Final = "whsec_"  # noqa: S105  (no secret, but its beginning)
PRIVATE_PREFIX: Final = "whsk_"
PUBLIC_PREFIX: Final = "whpk_"
_SECRET_BYTES: Final = 32
_SHORTEST, _LONGEST = 24, 64


@dataclass(frozen=True)
class SigningKeys:
    """The secrets that sign for an endpoint: the present one, the old one while it still counts, the ed25519 key."""

    secrets: Sequence[str] = field(repr=False)
    private_key: str = field(repr=False)


def new_secret() -> str:
    """Return a new shared secret: `whsec_` and 32 random bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(os.urandom(_SECRET_BYTES)).decode()


def new_signing_key() -> tuple[str, str]:
    """Return a new ed25519 key: the private one as `whsk_…`, the public one as `whpk_…`."""
    key = Ed25519PrivateKey.generate()
    private, public = key.private_bytes_raw(), key.public_key().public_bytes_raw()
    return PRIVATE_PREFIX + base64.b64encode(private).decode(), PUBLIC_PREFIX + base64.b64encode(public).decode()


def signature_headers(keys: SigningKeys, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the three headers of an attempt; the timestamp is that of the attempt, the id that of the message."""
    timestamp = str(int(at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [f"v1,{_base64(hmac.digest(secret_bytes(each), signed, 'sha256'))}" for each in keys.secrets]
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(keys.private_key.removeprefix(PRIVATE_PREFIX)))
    signatures.append(f"v1a,{_base64(private.sign(signed))}")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def secret_bytes(secret: str) -> bytes:
    """Return the key that a shared secret stands for.

    Raises:
        InvalidInputError: `bad_secret`.
    """
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(SECRET_PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        raise InvalidInputError("A secret is whsec_ and 24 to 64 bytes in base64.", code="bad_secret")
    return key


def verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Tell whether one of the `v1` signatures of a received message is that of the secret."""
    signed = f"{headers.get('webhook-id', '')}.{headers.get('webhook-timestamp', '')}.".encode() + body
    wanted = _base64(hmac.digest(secret_bytes(secret), signed, "sha256"))
    given = [part.partition(",") for part in headers.get("webhook-signature", "").split()]
    return any(version == "v1" and hmac.compare_digest(value, wanted) for version, _, value in given)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
