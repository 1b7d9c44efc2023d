"""Turn a consumer into a background loop: read, handle, remember, in one transaction."""

import time
from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from core.outbox.consumers import Consumer
from core.outbox.events import Event
from core.outbox.reader import MOST_EVENTS, OutboxReader
from core.work.loop import Turn

Handle = Callable[[Session, Sequence[Event]], None]
_MOVE_SECONDS = 60.0


def following(consumer: Consumer, handle: Handle, most: int = MOST_EVENTS) -> Callable[[Turn], bool]:
    """Make the turn of a loop (`core.work`) that gives a consumer its events.

    `handle` gets them in order, at most so many, and the session in whose transaction the position moves. When it
    raises, nothing of it is committed and the same events come again after a pause: a consumer that cannot handle an
    event stands still and shows it by its lag, and holds up no other consumer.
    """
    moved_at = -_MOVE_SECONDS

    def turn(work: Turn) -> bool:
        nonlocal moved_at
        with work.transaction() as session:
            reader = OutboxReader(session, consumer)
            reader.lock()
            reading = reader.read(most)
            if reading.events:
                handle(session, reading.events)
            elif not reading.more and time.monotonic() - moved_at < _MOVE_SECONDS:
                return False
            reader.move(reading.position)  # now and then without events too, or others' events are looked at for ever
            moved_at = time.monotonic()
        return reading.more

    return turn
