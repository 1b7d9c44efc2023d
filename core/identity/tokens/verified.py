"""Keep the claims of tokens that were verified: an app sends the same token with every request for ten minutes.

What is kept is the answer of `verify_access_token` alone. Whether the session goes on, and which roles its person has,
is looked up with every request.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from core.identity.tokens.claims import Claims
from core.identity.tokens.signing_keys import SigningKey
from core.identity.tokens.verify import TokenRules, check_times, key_id_of, verify_access_token

MOST_TOKENS: Final = 4_096
LONGEST_KEPT: Final = 3_072
"""Longer tokens are verified each time; Keycloak's have 1,700 letters. With both bounds this takes 80 MB at most."""


@dataclass(frozen=True, slots=True)
class _Verified:
    """A verified token: its claims, and the keys and rules by which they hold."""

    key_id: str
    claims: Claims
    keys: Mapping[str, SigningKey]
    rules: TokenRules


class VerifiedTokens:
    """The tokens of a process that were verified last, by their digests; for one thread or event loop.

    Only good tokens are kept, so that forged ones push none out; past the bound the one that was used the longest ago
    goes. An entry holds for the very key set that verified it: whoever has other keys verifies anew.
    """

    def __init__(self, most: int = MOST_TOKENS) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, _Verified] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def key_id_of(self, token: str) -> str:
        """Return the id of the key that a token says it was signed with.

        Raises:
            InvalidTokenError: see `core.identity.tokens.verify.key_id_of`.
        """
        found = self._kept.get(_digest(token))
        return key_id_of(token) if found is None else found.key_id

    def verify(self, token: str, keys: Mapping[str, SigningKey], rules: TokenRules, now: datetime) -> Claims:
        """Return the claims of a valid access token.

        Raises:
            UnauthenticatedError: see `core.identity.tokens.verify.verify_access_token`.
        """
        digest = _digest(token)
        found = self._kept.pop(digest, None)
        if found is not None and found.keys is keys and found.rules is rules:
            check_times(found.claims, rules, now)
        else:
            found = _Verified(key_id_of(token), verify_access_token(token, keys, rules, now), keys, rules)
        if len(token) <= LONGEST_KEPT:
            self._kept[digest] = found  # as the one that was used last
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return found.claims


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
