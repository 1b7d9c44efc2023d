"""Fetch and keep the signing keys of an issuer, without letting anyone make us fetch at will."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.identity.tokens.errors import IssuerUnavailableError
from core.identity.tokens.signing_keys import SigningKey, signing_keys

_log = logging.getLogger(__name__)

Fetch = Callable[[str], Awaitable[Mapping[str, Any]]]
"""Fetches a JSON object from an address; raises any error where it cannot."""
_DISCOVERY: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class KeyTimes:
    """The times for which keys are kept, in seconds.

    `fresh`: they are used without a look at the issuer. `stale`: how much longer they are used while the issuer does
    not answer. `cooldown`: the shortest time between two fetches, so that tokens with random key ids cause one at most.
    """

    fresh: float = 300
    stale: float = 3_600
    cooldown: float = 15


class KeySource:
    """The keys of one issuer, found by OpenID Connect discovery. One for a process; safe for parallel tasks."""

    def __init__(
        self,
        issuer: str,
        fetch: Fetch,
        times: KeyTimes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._times = times or KeyTimes()
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}
        self._published: Mapping[str, Any] = {}
        self._fetched_at = self._tried_at = -float("inf")
        self._fetching = asyncio.Lock()

    async def keys_for(self, key_id: str) -> Mapping[str, SigningKey]:
        """Return the keys that are known, after a fetch where `key_id` is not among them or they are old.

        Callers whose key is known never wait for a fetch that is under way.

        Raises:
            IssuerUnavailableError: no keys are known, or they are too old, and the issuer does not answer.
        """
        if self._needs_fetch(key_id) and not (self._fetching.locked() and self._usable(key_id)):
            async with self._fetching:
                if self._needs_fetch(key_id) and self._clock() - self._tried_at >= self._times.cooldown:
                    await self._renew()
        if self._age() >= self._times.fresh + self._times.stale:
            raise IssuerUnavailableError
        return self._keys

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _usable(self, key_id: str) -> bool:
        return key_id in self._keys and self._age() < self._times.fresh + self._times.stale

    def _needs_fetch(self, key_id: str) -> bool:
        return key_id not in self._keys or self._age() >= self._times.fresh

    async def _renew(self) -> None:
        self._tried_at = self._clock()
        try:
            discovery = await self._fetch(self._issuer.rstrip("/") + _DISCOVERY)
            if discovery.get("issuer") != self._issuer:
                raise ValueError("the discovery document names another issuer")  # noqa: TRY301
            published = await self._fetch(str(discovery["jwks_uri"]))
            # The same object while nothing has changed: what was verified with these keys still is.
            keys = self._keys if self._keys and published == self._published else signing_keys(published)
        except Exception as error:  # noqa: BLE001
            _log.warning("The issuer's keys could not be fetched: %s", type(error).__name__)
            return
        if not keys:
            _log.warning("The issuer publishes no key that verifies signatures; the known ones are kept.")
            return
        self._keys, self._published, self._fetched_at = keys, published, self._clock()
