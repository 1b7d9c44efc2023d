"""Single quotes, answered together: one run of the model for all cars that have arrived.

A run costs less than a millisecond for one car and hardly a tenth of that for each further one, so it takes place on
the event loop itself, where a thread would cost more. A car waits until the loop has read whatever else has arrived;
then all that wait are answered by one run. Only when it is time to look for a new champion does the run take place in a
thread, since it asks the database; cars that arrive meanwhile are answered by the present champion.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from core.db.session import SessionFactory, transaction
from core.errors import AutomartError
from serving.price_bands.champion import ChampionCache
from serving.price_bands.quote_request import QuoteRequest
from serving.price_bands.service import Band, quote_by

MOST_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class _Waiting:
    car: QuoteRequest
    answer: "asyncio.Future[Band]"


RunInThread = Callable[[Callable[[], Sequence[Band | Exception]]], Awaitable[Sequence[Band | Exception]]]


class QuoteQueue:
    """Belongs to one event loop; at most one run of the model is under way at any moment.

    Args:
        cache: the champion.
        sessions: for the look at which version is the champion.
        run: runs a blocking call in a thread that may hold a database connection.
    """

    def __init__(self, cache: ChampionCache, sessions: SessionFactory, run: RunInThread = asyncio.to_thread) -> None:
        self._cache = cache
        self._sessions = sessions
        self._run_in_thread = run
        self._waiting: deque[_Waiting] = deque()
        self._run: asyncio.Task[None] | None = None
        self._in_threads: set[asyncio.Task[None]] = set()

    async def quote(self, car: QuoteRequest) -> Band:
        """Quote the band of a car by the present champion.

        Raises:
            AutomartError: there is a champion, and it cannot be read.
        """
        waiting = _Waiting(car, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._run is None or self._run.done():
            self._run = asyncio.create_task(self._answer_all())
        return await waiting.answer

    async def _answer_all(self) -> None:
        while self._waiting:
            crowd = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
            present = self._cache.ready()
            if present is None:
                task = asyncio.create_task(self._answer_in_thread(crowd))
                self._in_threads.add(task)
                task.add_done_callback(self._in_threads.discard)
            else:
                _deliver(crowd, _answers(partial(quote_by, present), [one.car for one in crowd]))
            await asyncio.sleep(0)  # others get a turn between two runs

    async def _answer_in_thread(self, crowd: list[_Waiting]) -> None:
        run = partial(_answers, self._quote_by_newest, [one.car for one in crowd])
        try:
            answers = await self._run_in_thread(run)
        except Exception as error:  # noqa: BLE001  (no thread was free in time: every car of the crowd is told)
            answers = [error for _ in crowd]
        _deliver(crowd, answers)

    def _quote_by_newest(self, cars: list[QuoteRequest]) -> list[Band]:
        with transaction(self._sessions) as session:
            found = self._cache.get(session)
        return quote_by(found, cars)


def _answers(quote: Callable[[list[QuoteRequest]], list[Band]], cars: list[QuoteRequest]) -> Sequence[Band | Exception]:
    """Answer each car with a band or an error; a car that breaks the run breaks it for itself alone."""
    try:
        return quote(cars)
    except Exception as error:  # noqa: BLE001
        if len(cars) == 1 or isinstance(error, AutomartError):
            return [error for _ in cars]
        return [answer for car in cars for answer in _answers(quote, [car])]


def _deliver(crowd: list[_Waiting], answers: Sequence[Band | Exception]) -> None:
    for one, answer in zip(crowd, answers, strict=True):
        if one.answer.done():  # the caller has left
            continue
        if isinstance(answer, Exception):
            one.answer.set_exception(answer)
        else:
            one.answer.set_result(answer)
