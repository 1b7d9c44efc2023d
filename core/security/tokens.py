"""Bearer tokens. They are random and long, so a plain hash keeps them: there is nothing to guess with a dictionary."""

import secrets
from hashlib import sha256


def new_token(prefix: str) -> str:
    """Make a token of 256 random bits behind a prefix, which says what kind of token it is."""
    return prefix + secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """Return the digest that is kept of a token, of whichever kind."""
    return sha256(token.encode("utf-8", "surrogateescape")).digest()
