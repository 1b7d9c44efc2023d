"""The public keys of an issuer (JWKS, RFC 7517), as far as they verify signatures."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

PublicKey = RSAKey | ECKey | OKPKey

_BY_CURVE: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}
_RSA: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_TYPES: Final = ("RSA", "EC", "OKP")
"""Never `oct`: a symmetric key in a public document, or a public key used as one, would let anyone sign."""
_SMALLEST_RSA_BITS: Final = 2048
_PUBLIC_PARTS: Final = ("kty", "kid", "alg", "use", "n", "e", "crv", "x", "y")


@dataclass(frozen=True)
class SigningKey:
    """A public key and the algorithms that it may be used with: its own (`alg`), else those of its type."""

    key: PublicKey
    algorithms: frozenset[str]


def signing_keys(document: Mapping[str, Any]) -> dict[str, SigningKey]:
    """Return the signing keys of a JWKS document by key id.

    Encryption keys, symmetric keys, RSA keys under 2048 bits, keys without an id and keys of unknown kinds are left
    out: one odd key must not stop the others.

    Raises:
        ValueError: the document has no list of keys.
    """
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise ValueError("a key set has a list `keys`")  # noqa: TRY004  (the document is wrong, not our type)
    found = {}
    for entry in listed:
        if isinstance(entry, dict) and isinstance(key_id := entry.get("kid"), str):
            key = _signing_key(entry)
            if key is not None:
                found[key_id] = key
    return found


def _signing_key(entry: dict[str, Any]) -> SigningKey | None:
    if (
        entry.get("kty") not in _TYPES
        or entry.get("use", "sig") != "sig"
        or "verify" not in entry.get("key_ops", ["verify"])
    ):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # small keys are refused below
            key = import_key({name: value for name, value in entry.items() if name in _PUBLIC_PARTS})
    except (JoseError, ValueError, TypeError):
        return None
    if isinstance(key, RSAKey):
        possible = _RSA if key.raw_value.key_size >= _SMALLEST_RSA_BITS else frozenset()
    else:
        possible = frozenset(filter(None, [_BY_CURVE.get(str(entry.get("crv")))]))
    stated = entry.get("alg")
    algorithms = possible if stated is None else possible & {stated}
    return SigningKey(key, algorithms) if algorithms and isinstance(key, RSAKey | ECKey | OKPKey) else None
