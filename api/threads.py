"""The worker threads of the API: blocking work runs here, and waits for its turn for a bounded time.

There are as many threads as database connections (`API_THREADS`), a piece of work uses one connection at most, and it
gives the connection back before it gives the thread back. So whoever has a thread never waits for a connection, and
whoever waits for a thread holds nothing. FastAPI's own way (one thread for the dependency, another for the endpoint, a
third for the answer) stops altogether once the holders of all connections wait for threads, which are taken by
requests that wait for a connection.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from core.errors import RetryableError

T = TypeVar("T")


class ServerBusyError(RetryableError):
    """No thread became free within the time that a request may wait."""

    code = "server_busy"

    def __init__(self) -> None:
        super().__init__("The server has too much to do right now; try again in a few seconds.")


class WorkerThreads:
    """A fixed number of threads for one event loop, first come, first served.

    Args:
        threads: calls that run at the same time.
        wait_seconds: the longest that a call waits for one of them.
    """

    def __init__(self, threads: int, wait_seconds: float) -> None:
        self._free = asyncio.Semaphore(threads)
        self._wait_seconds = wait_seconds
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="api")

    async def run(self, call: Callable[[], T]) -> T:
        """Run a blocking call in a thread and return its result.

        Raises:
            ServerBusyError: no thread became free in time; the call was not started.
        """
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._free.acquire()
        except TimeoutError:
            raise ServerBusyError from None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, copy_context().run, call)
        finally:
            self._free.release()

    def close(self) -> None:
        """Wait for the running calls and end the threads."""
        self._executor.shutdown()
