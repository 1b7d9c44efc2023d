"""Single quotes: at once by the champion's quick form, else together by one run of the model.

The quick form answers in about a tenth of a millisecond, on the event loop itself: a thread would cost more. What it
leaves alone (no regression for the car, texts beyond ASCII) and what arrives when it is time to look for a new
champion waits for a run of `predict_bands`. A run costs some milliseconds for one car and hardly more for sixty. So
cars that arrive while one is under way wait for the next one together, and nobody waits when nobody else asks. A car
gets the same band either way: tests/models/price_bands/quick.
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
from serving.price_bands.service import Band, quick_quote, quote_by

MOST_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class _Waiting:
    car: QuoteRequest
    answer: "asyncio.Future[Band]"


RunInThread = Callable[[Callable[[], list[Band]]], Awaitable[list[Band]]]


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

    async def quote(self, car: QuoteRequest) -> Band:
        """Price a car by the present champion.

        Raises:
            AutomartError: there is a champion, and it cannot be read.
        """
        present = self._cache.ready()
        band = None if present is None else quick_quote(present, car)
        if band is not None:
            return band
        waiting = _Waiting(car, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._run is None or self._run.done():
            self._run = asyncio.create_task(self._answer_all())
        return await waiting.answer

    async def _answer_all(self) -> None:
        while self._waiting:
            crowd = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
            for one, answer in zip(crowd, await self._answered(crowd), strict=True):
                if one.answer.done():  # the caller has left
                    continue
                if isinstance(answer, Exception):
                    one.answer.set_exception(answer)
                else:
                    one.answer.set_result(answer)

    async def _answered(self, crowd: list[_Waiting]) -> Sequence[Band | Exception]:
        """Give each request a band or an error; a car that fails does not fail the others."""
        try:
            return await self._run_in_thread(partial(self._bands, [one.car for one in crowd]))
        except Exception as error:  # noqa: BLE001
            if len(crowd) == 1 or isinstance(error, AutomartError):
                return [error for _ in crowd]
            return [answer for one in crowd for answer in await self._answered([one])]

    def _bands(self, cars: list[QuoteRequest]) -> list[Band]:
        found = self._cache.ready()
        if found is None:
            with transaction(self._sessions) as session:
                found = self._cache.get(session)
        return quote_by(found, cars)
