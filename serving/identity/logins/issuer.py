"""The embedded issuer: short access tokens that every process of the platform can verify."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from joserfc import jwt

from core.identity.tokens.signing_keys import SigningKey, signing_keys
from core.identity.tokens.verify import TokenRules
from core.security.platform_keys import PlatformKeys

ISSUER: Final = "urn:automart:embedded"
AUDIENCE: Final = "automart-api"
LIFETIME: Final = timedelta(minutes=10)
_ALGORITHM: Final = "ES256"


class EmbeddedIssuer:
    """Signs access tokens with the newest signing key, and publishes the public halves of all."""

    def __init__(self, keys: PlatformKeys) -> None:
        self._signing = keys.signing[0]
        self._published = {"keys": [key.as_dict(private=False) for key in keys.signing]}
        self.rules = TokenRules(ISSUER, frozenset({AUDIENCE}), algorithms=frozenset({_ALGORITHM}))

    def access_token(self, user_id: UUID, session_id: UUID, now: datetime) -> str:
        """Return a token that names the person and the session, and nothing that can change meanwhile.

        Roles are looked up at each request: a role that was taken away must not live on in a token.
        """
        header = {"alg": _ALGORITHM, "kid": self._signing.kid, "typ": "at+jwt"}
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
        }
        return jwt.encode(header, claims, self._signing, algorithms=[_ALGORITHM])

    def published_keys(self) -> dict[str, Any]:
        """Return the JWKS document for `/.well-known/jwks.json`."""
        return self._published

    def verifying_keys(self) -> dict[str, SigningKey]:
        """Return the keys that access tokens are verified with."""
        return signing_keys(self._published)
