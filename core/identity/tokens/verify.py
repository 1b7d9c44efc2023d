"""Verify an access token: signature, algorithm, issuer, audience, times, kind. Pure: keys and clock are arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from core.identity.tokens.claims import Claims, audiences, read_claims
from core.identity.tokens.errors import InvalidTokenError, TokenExpiredError, WrongAudienceError, WrongTokenTypeError
from core.identity.tokens.signing_keys import SigningKey

LONGEST_TOKEN: Final = 16_384
ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
"""Asymmetric ones alone: with HS256 a public key could be used as the secret, and `none` asks for nothing."""
_HEADER_TYPES: Final = (None, "jwt", "at+jwt", "application/at+jwt")


@dataclass(frozen=True)
class TokenRules:
    """Rules by which a token is accepted.

    `clients` are accepted by `azp` where the token names no audience of ours (an issuer without an audience mapper).
    """

    issuer: str
    audience: frozenset[str]
    clients: frozenset[str] = frozenset()
    algorithms: frozenset[str] = field(default=ALGORITHMS)
    leeway: timedelta = timedelta(seconds=30)  # for clocks that differ


def key_id_of(token: str) -> str:
    """Return the id of the key that a token says it was signed with.

    Raises:
        InvalidTokenError: this is no signed token, or it names no key.
    """
    if not 0 < len(token) <= LONGEST_TOKEN or not token.isascii():
        raise InvalidTokenError
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError, RecursionError):
        raise InvalidTokenError from None
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise InvalidTokenError
    return key_id


def verify_access_token(token: str, keys: Mapping[str, SigningKey], rules: TokenRules, now: datetime) -> Claims:
    """Return the claims of a valid access token.

    Raises:
        InvalidTokenError: unknown key, wrong signature, algorithm or issuer, not valid yet, or claims missing.
        TokenExpiredError, WrongTokenTypeError, WrongAudienceError: as they say.
    """
    key = keys.get(key_id_of(token))
    allowed = sorted(key.algorithms & rules.algorithms) if key is not None else []
    if key is None or not allowed:  # an empty list would mean the library's own choice of algorithms
        raise InvalidTokenError
    try:
        decoded = jwt.decode(token, key.key, algorithms=allowed, registry=JWSRegistry(algorithms=allowed))
        claims = read_claims(decoded.claims)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise InvalidTokenError from None
    if claims.issuer != rules.issuer:
        raise InvalidTokenError
    _check_kind(decoded.header, decoded.claims)
    _check_audience(decoded.claims, claims, rules)
    check_times(claims, rules, now)
    return claims


def _check_kind(header: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    """Refuse ID and refresh tokens, which Keycloak signs with the same key under the same header."""
    kind, stated = header.get("typ"), claims.get("typ", "Bearer")
    if isinstance(kind, str) and kind.lower() not in _HEADER_TYPES:
        raise WrongTokenTypeError
    if stated != "Bearer" or "nonce" in claims or "at_hash" in claims:
        raise WrongTokenTypeError


def _check_audience(raw: Mapping[str, Any], claims: Claims, rules: TokenRules) -> None:
    if audiences(raw) & rules.audience:
        return
    if claims.client is None or claims.client not in rules.clients:
        raise WrongAudienceError


def check_times(claims: Claims, rules: TokenRules, now: datetime) -> None:
    """Check that the token has begun and has not expired.

    Raises:
        TokenExpiredError, InvalidTokenError: it has; it has not begun.
    """
    if now >= claims.expires_at + rules.leeway:
        raise TokenExpiredError
    starts = [moment for moment in (claims.not_before, claims.issued_at) if moment is not None]
    if starts and now + rules.leeway < max(starts):
        raise InvalidTokenError("The access token is not valid yet: check the clock of the login service.")
