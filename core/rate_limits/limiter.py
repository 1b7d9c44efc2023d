"""Check calls against the rules that domains declare."""

import logging
import math
import time
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import Storage
from limits.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter
from limits.util import WindowStats

from core.declarations import RateLimit
from core.rate_limits.rules import CallOrigin, Counter, Decision, counters_of

_log = logging.getLogger(__name__)
AWAY_SECONDS: Final = 5.0


class CountsCalls(Protocol):
    """A store of counters; see `open_stores`."""

    def take(self, operation: str, counter: Counter) -> Decision:
        """Count a call, unless the counter is used up."""

    def take_all(self, operation: str, counters: Sequence[Counter]) -> list[Decision]:
        """Count a call in each counter up to the first that is used up, whose refusal comes last."""


def taken_one_by_one(store: CountsCalls, operation: str, counters: Sequence[Counter]) -> list[Decision]:
    """Count a call in each counter of a store by itself, up to the first that is used up."""
    found: list[Decision] = []
    for counter in counters:
        found.append(store.take(operation, counter))
        if found[-1].is_refused:
            break
    return found


def item_of(counter: Counter) -> RateLimitItem:
    """Return a counter as the library `limits` calls it."""
    return RateLimitItemPerSecond(counter.calls, counter.seconds)


def decided(counter: Counter, stats: WindowStats, *, passed: bool) -> Decision:
    """Return the decision on a call that was counted, or not."""
    reset = min(max(math.ceil(stats.reset_time - time.time()), 0), counter.seconds)
    if passed:
        return Decision(counter.calls, max(stats.remaining, 0), reset, counter.seconds)
    return Decision(counter.calls, 0, reset, counter.seconds, retry_after=max(reset, 1))


class Store:
    """Counters in one storage of the library `limits`."""

    def __init__(self, storage: Storage) -> None:
        self._exact: RateLimiter = MovingWindowRateLimiter(storage)
        self._counted: RateLimiter = SlidingWindowCounterRateLimiter(storage)

    def take(self, operation: str, counter: Counter) -> Decision:
        """Count a call, unless the counter is used up.

        Raises:
            StorageError: the storage does not answer.
        """
        strategy = self._exact if counter.is_exact else self._counted
        item = item_of(counter)
        passed = strategy.hit(item, operation, counter.key)
        return decided(counter, strategy.get_window_stats(item, operation, counter.key), passed=passed)

    def take_all(self, operation: str, counters: Sequence[Counter]) -> list[Decision]:
        """Count a call in each counter up to the first that is used up."""
        return taken_one_by_one(self, operation, counters)


class StoreWithSubstitute:
    """A shared store with a local substitute, which is used while the shared one does not answer.

    After a failure the shared one is left alone for AWAY_SECONDS, so that only one call waits for a server that hangs.
    """

    def __init__(self, store: CountsCalls, substitute: CountsCalls) -> None:
        self._store = store
        self._substitute = substitute
        self._away_until: float | None = None

    def take(self, operation: str, counter: Counter) -> Decision:
        """Count a call, unless the counter is used up."""
        if self._away_until is not None and time.monotonic() < self._away_until:
            return self._substitute.take(operation, counter)
        try:
            decision = self._store.take(operation, counter)
        except StorageError as error:
            if self._away_until is None:
                _log.warning("Rate limits are counted apart, their storage does not answer: %s", error)
            self._away_until = time.monotonic() + AWAY_SECONDS
            return self._substitute.take(operation, counter)
        if self._away_until is not None:
            self._away_until = None
            _log.warning("Rate limits are counted together again.")
        return decision

    def take_all(self, operation: str, counters: Sequence[Counter]) -> list[Decision]:
        """Count a call in each counter up to the first that is used up."""
        return taken_one_by_one(self, operation, counters)


class Limiter:
    """The rules by operation, and the stores in which calls are counted: those of all processes, and the own one.

    `may_wait` tells that rules which are not shared wait for a network too.
    """

    def __init__(
        self, rules: Mapping[str, RateLimit], shared: CountsCalls, own: CountsCalls, *, may_wait: bool = False
    ) -> None:
        self.rules = rules
        self.may_wait = may_wait
        self._shared = shared
        self._own = own

    def check(self, operation: str, origin: CallOrigin) -> Decision | None:
        """Count a call of an operation (`METHOD /path`); None where no rule is declared for it.

        A shared rule waits for a database or for Redis: call it in a worker thread. So do others where `may_wait`.
        """
        rule = self.rules.get(operation)
        if rule is None:
            return None
        store = self._shared if rule.shared else self._own
        found = store.take_all(operation, counters_of(rule, origin))
        if not found or found[-1].is_refused:
            return found[-1] if found else None
        return min(found, key=lambda each: each.remaining)
