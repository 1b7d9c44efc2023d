"""Addresses of photos, and of uploads where the storage is a folder: made, signed and checked.

A photo of a car that everybody may see has a plain address, which asks with each call whether that is still so. Who
may see more (its dealer, other dealers, moderators) is given addresses with a signature that ends within 5 minutes.
"""

import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

SIGNED_SECONDS = 300
"""The longest that a signed address lives; the answers to plain ones are cached for less."""
UPLOAD_LIFETIME = timedelta(minutes=15)
_STEP = 60
_SIGNATURE_LENGTH = 32


@dataclass(frozen=True)
class Signature:
    """The end of a signed address, in seconds since 1970, and the signature over its path and its end."""

    until: int
    signature: str

    @property
    def query(self) -> str:
        """The query of the address."""
        return f"?until={self.until}&signature={self.signature}"


@dataclass(frozen=True)
class PhotoAddresses:
    """Makes and checks the addresses of one moment. `base` is where clients reach the API."""

    base: str
    key: bytes = field(repr=False)
    now: datetime

    def of_variant(self, public_key: str, variant: str, *, is_open: bool) -> str:
        """Return the address of a variant; signed unless everybody may see the photo now."""
        name = f"{public_key}-{variant}"
        return f"{self.base}/v1/photos/{name}" + ("" if is_open else self._sign("photo", name).query)

    def of_upload(self, upload_id: UUID) -> str:
        """Return the address of our own endpoint for one upload."""
        until = int((self.now + UPLOAD_LIFETIME).timestamp())
        signed = Signature(until, self._signature("upload", str(upload_id), until))
        return f"{self.base}/v1/photo-uploads/{upload_id}{signed.query}"

    def is_signed(self, kind: str, name: str, given: Signature) -> bool:
        """Tell whether we signed this, and the end has not come."""
        right = self._signature(kind, name, given.until)
        return hmac.compare_digest(right.encode(), given.signature.encode()) and self.now.timestamp() < given.until

    def _sign(self, kind: str, name: str) -> Signature:
        """Sign until the end of a minute 4 to 5 minutes from now: within a minute the address stays the same."""
        until = int(self.now.astimezone(UTC).timestamp()) // _STEP * _STEP + SIGNED_SECONDS
        return Signature(until, self._signature(kind, name, until))

    def _signature(self, kind: str, name: str, until: int) -> str:
        key = hmac.digest(self.key, b"photo addresses", "sha256")
        return hmac.new(key, f"{kind}\n{name}\n{until}".encode(), sha256).hexdigest()[:_SIGNATURE_LENGTH]
