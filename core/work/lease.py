"""A claimed loop inside its process: its lease, its turns, and the transactions that only its owner may make.

A process that was held up (a paused machine, a lost network) may wake after another one has taken its loop over. So a
transaction of a turn begins by taking the loop's lock in the database, which it keeps to its end, and then makes sure
that no later claim was made: the new owner's first transaction waits for the old one's last, and the old owner's next
one is refused. The lock alone decides, never the clocks of two hosts.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.locks import lock_name
from core.db.session import SessionFactory, transaction
from core.errors import RetryableError
from core.work.claims import Claim, ClaimRepository
from core.work.loop import Loop


class LeaseLostError(RetryableError):
    """Another process has taken the loop over."""

    code = "lease_lost"


class Lease:
    """The right to run a loop, as this process knows it; the `Turn` that the loop's function is given."""

    def __init__(self, loop: Loop, claim: Claim, sessions: SessionFactory, stop: threading.Event) -> None:
        self.loop, self.claim = loop, claim
        self._sessions, self._stop = sessions, stop
        self._lost = threading.Event()
        self._ends_at = time.monotonic() + loop.lease_seconds
        self._began_at: float | None = None
        self._done = False

    @property
    def live(self) -> bool:
        """Whether the loop is still this process's: neither taken over, nor past its time without a renewal."""
        return not self._lost.is_set() and time.monotonic() < self._ends_at

    @property
    def stopping(self) -> bool:
        """Whether a long turn should end early; see `Turn.stopping`."""
        return self._stop.is_set() or not self.live

    @property
    def hangs(self) -> bool:
        """Whether the current turn has run longer than its loop allows."""
        began_at = self._began_at
        return began_at is not None and time.monotonic() - began_at > self.loop.longest_seconds

    def renewed(self, asked_at: float) -> None:
        """Count the lease from the moment before the renewal was asked for, never from its answer."""
        self._ends_at = asked_at + self.loop.lease_seconds

    def lose(self) -> None:
        """End the lease here."""
        self._lost.set()

    def take_done(self) -> bool:
        """Tell whether a turn has ended well since this was last asked."""
        done, self._done = self._done, False
        return done

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Measure how long the turn in the block takes, and note whether it ended well."""
        self._began_at = time.monotonic()
        try:
            yield
            self._done = True
        finally:
            self._began_at = None

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a transaction as `Turn` says; the server ends one that lasts longer than a turn may."""
        with transaction(self._sessions) as session:
            milliseconds = int(self.loop.longest_seconds * 1000)
            session.execute(text(f"SET LOCAL transaction_timeout = {milliseconds}"))
            lock_name(session, f"work {self.loop.name}")
            if not ClaimRepository(session).holds(self.claim):
                self.lose()
                raise LeaseLostError(f"Another process runs the loop {self.loop.name} now.")
            yield session
