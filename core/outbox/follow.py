"""Turn a consumer into a background loop: read, handle, remember, in one transaction."""

import math
import time
from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from core.outbox.consumers import Consumer
from core.outbox.events import Event
from core.outbox.reader import MOST_EVENTS, OutboxReader
from core.work.loop import Turn

Handle = Callable[[Session, Sequence[Event]], None]
_MOVE_SECONDS = 60.0


class IdleMoves:
    """Tells when a consumer that got no event is to move its position all the same: at first, then once a minute.

    Otherwise each look would go again through the events of other topics that were written since.
    """

    def __init__(self) -> None:
        self._moved_at = -math.inf

    @property
    def due(self) -> bool:
        """Whether a minute has passed since the position was moved."""
        return time.monotonic() - self._moved_at >= _MOVE_SECONDS

    def moved(self) -> None:
        """Count the minute from now."""
        self._moved_at = time.monotonic()


def following(consumer: Consumer, handle: Handle, most: int = MOST_EVENTS) -> Callable[[Turn], bool]:
    """Make the turn of a loop (`core.work`) that gives a consumer its events.

    `handle` gets them in order, `most` at once, and the session in whose transaction the position moves. When it
    raises, nothing of it is committed and the same events come again after a pause: a consumer that cannot handle an
    event stands still and shows it by its lag, and holds up no other consumer.
    """
    idle_moves = IdleMoves()

    def turn(work: Turn) -> bool:
        with work.transaction() as session:
            reader = OutboxReader(session, consumer)
            reader.lock()
            reading = reader.read(most)
            if reading.events:
                handle(session, reading.events)
            elif not reading.more and not idle_moves.due:
                return False
            reader.move(reading.position)
            idle_moves.moved()
        return reading.more

    return turn
