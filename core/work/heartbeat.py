"""Renew the leases of a process, from a thread of its own: a turn that is busy must not look like a dead process.

It has a connection of its own too, so that it never waits for one that turns hold. A turn that hangs is not renewed:
its loop goes to another process, and its own transaction is ended by the server.
"""

import logging
import threading
import time

from sqlalchemy import Engine

from core.db.session import make_engine, make_session_factory, transaction
from core.work.claims import ClaimRepository, Renewal
from core.work.lease import Lease

_log = logging.getLogger(__name__)
_BEATS = 4  # renewals in the time of the shortest lease


class Heartbeat(threading.Thread):
    """Keeps the leases alive that are handed to it."""

    def __init__(self, engine: Engine, shortest_lease: float) -> None:
        super().__init__(name="work-heartbeat", daemon=True)
        self._engine = make_engine(engine.url.render_as_string(hide_password=False))
        self._sessions = make_session_factory(self._engine)
        self._every = shortest_lease / _BEATS
        self._leases: set[Lease] = set()
        self._guard, self._over = threading.Lock(), threading.Event()

    def add(self, lease: Lease) -> None:
        """Renew this lease from now on."""
        with self._guard:
            self._leases.add(lease)

    def remove(self, lease: Lease) -> None:
        """Renew it no longer."""
        with self._guard:
            self._leases.discard(lease)

    def run(self) -> None:
        """Renew until `end`; a failure is logged, and leases end by themselves while the database is away."""
        while not self._over.wait(self._every):
            try:
                self._beat()
            except Exception as error:  # noqa: BLE001
                _log.warning("The leases of this process could not be renewed: %s", error)
        self._engine.dispose()

    def end(self) -> None:
        """Stop renewing."""
        self._over.set()
        self.join()

    def _beat(self) -> None:
        with self._guard:
            leases = list(self._leases)
        for lease in leases:
            if lease.hangs and lease.live:
                _log.error("A turn of %s takes longer than it may; the loop is given up.", lease.loop.name)
                lease.lose()
        leases = [lease for lease in leases if lease.live]
        if not leases:
            return
        asked_at = time.monotonic()
        renewals = [Renewal(lease.claim, lease.loop.lease_seconds, lease.take_done()) for lease in leases]
        with transaction(self._sessions) as session:
            held = ClaimRepository(session).renew(renewals)
        for lease in leases:
            if lease.claim.loop in held:
                lease.renewed(asked_at)
            else:
                lease.lose()
