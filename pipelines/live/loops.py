"""The background loop that numbers events, within a few hundredths of a second after their commit."""

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.outbox.follow import following
from core.platform import Platform
from core.work.loop import Loop, Turn
from pipelines.live.consumers import NUMBERING
from pipelines.live.numbering import number_events

_A_TURN: Final = 1_000
_LOOK_SECONDS: Final = 0.025
_LONGEST_PAUSE: Final = 0.5
_NEWEST: Final = text("SELECT max(id) FROM outbox_events")


def _start(platform: Platform) -> Callable[[Turn], bool]:
    follow = following(NUMBERING, number_events, _A_TURN)
    newest = _Newest(platform.sessions)

    def turn(work: Turn) -> bool:
        newest.wait(work)
        while follow(work):
            if work.stopping:
                return True
        return False

    return turn


class _Newest:
    """Waits for the outbox by a look that costs next to nothing.

    The newest id that can be seen tells of nearly every commit. One that commits after a younger one changes nothing of
    it, and is found half a second later: a notification by each writer instead would have them take turns at commits.
    """

    def __init__(self, sessions: SessionFactory) -> None:
        self._sessions = sessions
        self._seen: int | None = -1

    def wait(self, work: Turn) -> None:
        """Return when the newest id has changed, after half a second, or when the process is to end."""
        until = time.monotonic() + _LONGEST_PAUSE
        while not work.stopping:
            with transaction(self._sessions) as session:
                newest: int | None = session.scalar(_NEWEST)
            if newest != self._seen or time.monotonic() >= until:
                self._seen = newest
                return
            time.sleep(_LOOK_SECONDS)


NUMBER = Loop("live.number", _start, pause_seconds=0.0)
