"""The process that runs loops: claims those that nobody runs, gives each a thread, and lets none end the others.

Any number of such processes may run. A loop stays with the process that claimed it; when that one stops, fails at it or
is gone, the next one to look takes it.
"""

import logging
import os
import socket
import threading
from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from core.db.session import transaction
from core.errors import AutomartError
from core.outbox.restore import adopt_restored_outbox
from core.platform import Platform
from core.work.claims import Claim, ClaimRepository
from core.work.heartbeat import Heartbeat
from core.work.lease import Lease, LeaseLostError
from core.work.loop import Loop

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.5  # for loops that nobody runs
_NEXT_SECONDS = 0.05  # after one was claimed: slow enough that processes that start together share them
_LONGEST_PAUSE = 30.0
_FORESEEN = (AutomartError, SQLAlchemyError, OSError)  # their sentence says enough; others are defects


class Worker:
    """Runs the given loops, as far as no other process does, until `stop` is set."""

    def __init__(self, platform: Platform, loops: Sequence[Loop], stop: threading.Event) -> None:
        self._platform, self._sessions = platform, platform.sessions
        self._loops = {loop.name: loop for loop in loops}
        self._stop = stop
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._threads: set[threading.Thread] = set()

    def run(self) -> None:
        """Claim and run until the end; whatever ends this, the loops finish their turns and are left to others."""
        engine = self._sessions.kw["bind"]
        assert isinstance(engine, Engine)  # noqa: S101  (says so to the type checker)
        heartbeat = Heartbeat(engine, min(loop.lease_seconds for loop in self._loops.values()))
        heartbeat.start()
        try:
            self._claim_again_and_again(heartbeat)
        finally:
            self._stop.set()
            for thread in list(self._threads):
                thread.join()
            heartbeat.end()

    def _claim_again_and_again(self, heartbeat: Heartbeat) -> None:
        pause, ready = 0.0, False
        while not self._stop.wait(pause):
            try:
                ready = ready or self._make_ready()
                claim = self._claim()
            except Exception as error:  # noqa: BLE001
                pause = min(max(2 * pause, _LOOK_SECONDS), _LONGEST_PAUSE)
                _log.warning("No loop can be claimed, tried again in %.0f s: %s", pause, error)
                continue
            pause = _LOOK_SECONDS
            if claim is not None:
                self._begin(claim, heartbeat)
                pause = _NEXT_SECONDS

    def _make_ready(self) -> bool:
        with transaction(self._sessions) as session:
            adopt_restored_outbox(session)
            ClaimRepository(session).ensure(list(self._loops.values()))
        return True

    def _claim(self) -> Claim | None:
        with transaction(self._sessions) as session:
            return ClaimRepository(session).claim(list(self._loops.values()), self._owner)

    def _begin(self, claim: Claim, heartbeat: Heartbeat) -> None:
        lease = Lease(self._loops[claim.loop], claim, self._sessions, self._stop)
        heartbeat.add(lease)
        thread = threading.Thread(target=self._work, args=(lease, heartbeat), name=claim.loop, daemon=True)
        self._threads = {each for each in self._threads if each.is_alive()} | {thread}
        thread.start()

    def _work(self, lease: Lease, heartbeat: Heartbeat) -> None:
        """Work on one claim from its beginning to its end."""
        try:
            self._take_turns(lease)
            self._leave(lease, None)
        except LeaseLostError as error:
            _log.warning("%s", error)
        except BaseException as error:  # noqa: BLE001  # a panic of a Rust library is no Exception, and must not end the loop unseen
            self._leave(lease, error)
        finally:
            heartbeat.remove(lease)

    def _take_turns(self, lease: Lease) -> None:
        turn = lease.loop.start(self._platform)
        while not lease.stopping:
            with lease.turn():
                more = turn(lease)
            if not more:
                self._stop.wait(lease.loop.pause_seconds)

    def _leave(self, lease: Lease, error: BaseException | None) -> None:
        """Give the claim back, after a failure with a pause. Where that fails too, the lease ends by itself."""
        name, said = lease.loop.name, f"{type(error).__name__}: {error}"
        try:
            with transaction(self._sessions) as session:
                claims = ClaimRepository(session)
                if error is None:
                    claims.release(lease.claim)
                elif claims.fail(lease.claim, said, code=_code_of(error), recovered=lease.take_done()):
                    trace = None if isinstance(error, _FORESEEN) else error
                    _log.error("The loop %s failed, and is tried again after a pause: %s", name, said, exc_info=trace)
        except Exception:  # noqa: BLE001
            _log.exception("The loop %s could not be given back (%s).", name, said)


def _code_of(error: BaseException) -> str | None:
    return error.code if isinstance(error, AutomartError) else None
