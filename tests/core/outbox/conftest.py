"""A consumer of listings and of another topic, for tests."""

from collections.abc import Callable

import pytest

from core.db.session import SessionFactory, transaction
from core.outbox.consumers import Consumer
from core.outbox.events import Event
from core.outbox.reader import OutboxReader

AUDITOR = Consumer("auditor", ("listing", "lead"))
Read = Callable[..., list[Event]]


@pytest.fixture
def read(session_factory: SessionFactory) -> Read:
    """Give a consumer its next events and remember that it had them."""

    def read(consumer: Consumer = AUDITOR, most: int = 5_000) -> list[Event]:
        with transaction(session_factory) as session:
            reader = OutboxReader(session, consumer)
            reader.lock()
            reading = reader.read(most)
            reader.move(reading.position)
        return reading.events

    return read
