"""The buffer of captured events in a process: many batches are written by one transaction, before their answers leave.

A batch waits until the flush before it has ended, or for 2 ms where none is under way, so that those that arrive
meanwhile go with it. Nothing is acknowledged before the commit: when the process dies, events that it has not answered
are sent again, and events that it has answered are in the table.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.errors import AutomartError
from pipelines.engagement.capture.batch import Batch
from pipelines.engagement.capture.capturing import EventResult, capture
from serving.engagement.errors import CaptureFullError, CaptureSlowError
from serving.outages import DATABASE_OUTAGES

MOST_WAITING: Final = 20_000
"""Events; with more, batches are refused."""
MOST_AT_ONCE: Final = 2_000
LONGEST_WAIT: Final = 15.0
_LINGER: Final = 0.002
_LIMITS = text("SELECT set_config('statement_timeout', '8s', true), set_config('lock_timeout', '5s', true)")

Answers = Sequence[EventResult]
_Outcome = Answers | Exception
RunInThread = Callable[[Callable[[], Sequence[_Outcome]]], Awaitable[Sequence[_Outcome]]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    batch: Batch
    answer: "asyncio.Future[Answers]"


class CaptureBuffer:
    """Belongs to one event loop; one flush is under way at any moment.

    Args:
        sessions: for the transactions of flushes.
        run: runs a blocking call in a thread that may hold a database connection.
        most_waiting: events that may wait.
    """

    def __init__(self, sessions: SessionFactory, run: RunInThread, most_waiting: int = MOST_WAITING) -> None:
        self._sessions = sessions
        self._run_in_thread = run
        self.most_waiting = most_waiting
        self._waiting: deque[_Waiting] = deque()
        self._count = 0  # of events that are not answered yet
        self._run: asyncio.Task[None] | None = None

    async def add(self, batch: Batch) -> Answers:
        """Write a batch, together with others; return its answers when they are committed.

        Raises:
            CaptureFullError: too much waits. CaptureSlowError: it took too long. Outages of the database, as they are.
        """
        size = max(len(batch.events), 1)
        if self._count + size > self.most_waiting:
            raise CaptureFullError
        waiting = _Waiting(batch, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._count += size
        waiting.answer.add_done_callback(lambda _: self._leave(size))
        if self._run is None or self._run.done():
            self._run = asyncio.create_task(self._flush_all())
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                return await waiting.answer
        except TimeoutError:
            raise CaptureSlowError from None

    def _leave(self, size: int) -> None:
        self._count -= size

    async def _flush_all(self) -> None:
        while self._waiting:
            if self._count < MOST_AT_ONCE:
                await asyncio.sleep(_LINGER)
            crowd = self._take()
            try:
                outcomes = await self._run_in_thread(partial(self._flush, [one.batch for one in crowd]))
            except Exception as error:  # noqa: BLE001  (no thread was free in time: every batch of the crowd is told)
                outcomes = [error for _ in crowd]
            _deliver(crowd, outcomes)

    def _take(self) -> list[_Waiting]:
        crowd, size = [self._waiting.popleft()], 0
        size = len(crowd[0].batch.events)
        while self._waiting and size + len(self._waiting[0].batch.events) <= MOST_AT_ONCE:
            crowd.append(self._waiting.popleft())
            size += len(crowd[-1].batch.events)
        return crowd

    def _flush(self, batches: Sequence[Batch]) -> Sequence[_Outcome]:
        """Write batches by one transaction. One that breaks it breaks it for itself alone."""
        try:
            with transaction(self._sessions) as session:
                session.execute(_LIMITS)
                answers = capture(session, batches)
        except Exception as error:  # noqa: BLE001
            if len(batches) == 1 or isinstance(error, (AutomartError, *DATABASE_OUTAGES)):
                return [error for _ in batches]
            middle = len(batches) // 2
            return [*self._flush(batches[:middle]), *self._flush(batches[middle:])]
        return answers


def _deliver(crowd: Sequence[_Waiting], outcomes: Sequence[_Outcome]) -> None:
    for one, outcome in zip(crowd, outcomes, strict=True):
        if one.answer.done():  # the caller has left
            continue
        if isinstance(outcome, Exception):
            one.answer.set_exception(outcome)
        else:
            one.answer.set_result(outcome)
