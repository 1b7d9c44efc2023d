"""Bearer tokens. They are random and long, so a plain hash keeps them: there is nothing to guess with a dictionary."""

import hmac
import secrets
from collections.abc import Iterable
from hashlib import sha256

TOKEN_PREFIX = "aut_up_"  # noqa: S105  (says what a found string is, for secret scanners; the secret follows it)


def new_token(prefix: str) -> str:
    """Make a token of 256 random bits behind a prefix, which says what kind of token it is."""
    return prefix + secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """Return the digest that is kept of a token, of whichever kind."""
    return sha256(token.encode("utf-8", "surrogateescape")).digest()


def token_hash(token: str) -> str:
    """Return the digest of an upload token as its table keeps it, in hex."""
    return token_digest(token).hex()


def token_matches(token: str, hashes: Iterable[str]) -> bool:
    """Tell whether the token is one of those; takes the same time wherever they differ, and looks at all of them."""
    asked = token_hash(token)
    found = False
    for known in hashes:
        found |= hmac.compare_digest(asked, known)
    return found
