"""Check calls against the rules that domains declare."""

import logging
import math
import time
from collections.abc import Mapping
from typing import Final, Protocol

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import Storage
from limits.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter

from core.declarations import RateLimit
from core.rate_limits.rules import CallOrigin, Counter, Decision, counters_of

_log = logging.getLogger(__name__)
AWAY_SECONDS: Final = 5.0


class CountsCalls(Protocol):
    """A store of counters; see `open_stores`."""

    def take(self, operation: str, counter: Counter) -> Decision:
        """Count a call, unless the counter is used up."""


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
        item: RateLimitItem = RateLimitItemPerSecond(counter.calls, counter.seconds)
        passed = strategy.hit(item, operation, counter.key)
        stats = strategy.get_window_stats(item, operation, counter.key)
        reset = min(max(math.ceil(stats.reset_time - time.time()), 0), counter.seconds)
        if passed:
            return Decision(counter.calls, max(stats.remaining, 0), reset, counter.seconds)
        return Decision(counter.calls, 0, reset, counter.seconds, retry_after=max(reset, 1))


class StoreWithSubstitute:
    """A shared store with a local substitute, which is used while the shared one does not answer.

    After a failure the shared one is left alone for AWAY_SECONDS, so that only one call waits for a server that hangs.
    """

    def __init__(self, store: Store, substitute: Store) -> None:
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
        nearest: Decision | None = None
        for counter in counters_of(rule, origin):
            decision = store.take(operation, counter)
            if decision.is_refused:
                return decision
            if nearest is None or decision.remaining < nearest.remaining:
                nearest = decision
        return nearest
