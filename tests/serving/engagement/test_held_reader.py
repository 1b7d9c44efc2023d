"""Capture goes on without an error beside a reader who holds partitions that are due to be dropped.

A few seconds here; the minute that is asked for runs by `make engagement-sweep`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.storage import Storage
from pipelines.engagement.capture.batch import Batch, Caller
from pipelines.engagement.closing import close_due
from pipelines.engagement.hours import ensure_hours_around
from serving.engagement.buffer import CaptureBuffer
from tests.factories.batches import READER, sent_batch, sent_event
from tests.factories.engagement import emptied_hours, event, put_events
from tests.factories.listings import add_listing

A_SECOND = 500
IN_A_BATCH = 25
ONE = timedelta(hours=1)


def batch(car: UUID, number: int) -> Batch:
    now = utc_now()
    events = [sent_event(car, at=now) for _ in range(IN_A_BATCH)]
    return READER.read(sent_batch(*events, at=now, device_id=f"phone {number}"), now, Caller())


async def sent_for(sessions: SessionFactory, car: UUID, seconds: float, close: Callable[[], object]) -> Counter[str]:
    """Send 500 events a second, each batch whether or not those before it were answered; count the outcomes."""
    outcomes: Counter[str] = Counter()
    buffer = CaptureBuffer(sessions, asyncio.to_thread)

    async def send(number: int) -> None:
        try:
            outcomes.update(each.status for each in await buffer.add(batch(car, number)))
        except Exception as error:
            outcomes[repr(error)] += 1

    closed = asyncio.Event()

    async def close_again() -> None:
        while True:
            await asyncio.to_thread(close)
            outcomes["turns"] += 1
            closed.set()

    closing = asyncio.create_task(close_again())
    sending = set()
    for number in range(int(seconds * A_SECOND / IN_A_BATCH)):
        sending.add(asyncio.create_task(send(number)))
        await asyncio.sleep(IN_A_BATCH / A_SECOND)
    await asyncio.gather(*sending)
    await closed.wait()  # a turn takes longer than two seconds on a busy machine
    closing.cancel()
    return outcomes


@pytest.mark.parametrize("seconds", [2, pytest.param(60, marks=pytest.mark.sweep)])
def test_no_event_fails_beside_a_reader_that_holds_every_partition(
    session_factory: SessionFactory, storage: Storage, seconds: float
) -> None:
    with emptied_hours(session_factory) as opened:
        with opened() as session:
            car = add_listing(session)
            ensure_hours_around(session, utc_now())
        now: datetime = utc_now().replace(minute=0, second=0, microsecond=0)
        put_events(opened, [event(number, at=now - number * ONE) for number in range(2, 6)])
        turns: list[Any] = []

        def close() -> None:
            turns.append(close_due(partial(transaction, session_factory), storage, utc_now()).compacted)

        with session_factory() as holding:
            assert holding.scalar(text("SELECT count(*) FROM engagement_events")) == 4
            outcomes = asyncio.run(sent_for(session_factory, car, seconds, close))
        sent = int(seconds * A_SECOND / IN_A_BATCH) * IN_A_BATCH
        assert outcomes.pop("turns") > 0
        assert outcomes == {"accepted": sent}
        assert turns[0].written == 4
        assert [each.dropped for each in turns] == [0] * len(turns)
        assert min(each.held for each in turns) == 4
        assert close_due(opened, storage, utc_now()).compacted.dropped == 4
        with opened() as session:
            kept = session.scalar(text("SELECT count(*) FROM engagement_events WHERE listing_id = :car"), {"car": car})
        assert kept == sent
