"""The reader of a process: one thread reads what is new for all of its connections, checks their callers, wakes them.

It is woken by notifications, and looks once a second without any. For each stream it keeps the newest events; a
connection that is further behind (it was away, or its client is slow) reads the rest from the database by itself. So a
slow client delays nobody, and holds no queue that grows.
"""

import asyncio
import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import takewhile
from typing import Final
from uuid import UUID

from sqlalchemy import Engine

from core.access.tenant import Step, platform_step
from core.clock import utc_now
from core.db.listening import Listener
from core.db.session import Session, SessionFactory, transaction
from core.live import CHANNEL
from serving.identity.logins.authentication import find_principals
from serving.live.rows import Row, rows_after
from serving.live.subscription import Subscription

_log = logging.getLogger(__name__)
DATABASE_CONNECTIONS: Final = 2
"""Connections of the process's pool that this thread uses: one listens, one reads."""
_LOOK_SECONDS: Final = 1.0
_CHECK_SECONDS: Final = 2.0
_KEPT_ROWS: Final = 256
_MOST_ROWS: Final = 1_000


class LiveHub:
    """The streams that connections of this process read."""

    def __init__(self, sessions: SessionFactory) -> None:
        self._sessions = sessions
        self._lock = threading.Lock()
        self._subscriptions: set[Subscription] = set()
        self._newest: dict[UUID, deque[Row]] = {}
        self._heads: dict[UUID, int] = {}
        self._stop = threading.Event()
        self._checked_at = time.monotonic()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._subscriptions)

    def add(self, subscription: Subscription) -> None:
        """Begin to wake a connection; the thread starts with the first one."""
        with self._lock:
            self._subscriptions.add(subscription)
            for stream, head in subscription.checked.items():
                if stream not in self._heads:
                    self._heads[stream], self._newest[stream] = head, deque(maxlen=_KEPT_ROWS)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()

    def remove(self, subscription: Subscription) -> None:
        """Forget a connection, and streams that no other one reads."""
        with self._lock:
            self._subscriptions.discard(subscription)
            read = {stream for each in self._subscriptions for stream in each.sent}
            for stream in set(subscription.sent) - read:
                self._heads.pop(stream, None)
                self._newest.pop(stream, None)

    def kept_rows(self, subscription: Subscription) -> list[Row] | None:
        """Return what the connection may be sent, from memory; None where the rest must be read from the database."""
        found: list[Row] = []
        with self._lock:
            for stream, after in subscription.behind.items():
                rows = [row for row in self._after(stream, after) if row.number <= subscription.checked[stream]]
                if not rows or rows[0].number != after + 1:
                    return None
                found += rows
        return found

    def _after(self, stream: UUID, number: int) -> list[Row]:
        """Return the newest rows of a stream back to a number; mostly it is the last but one."""
        found = list(takewhile(lambda row: row.number > number, reversed(self._newest.get(stream, ()))))
        return found[::-1]

    def close(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        engine = self._sessions.kw["bind"]
        assert isinstance(engine, Engine)  # noqa: S101  (says so to the type checker)
        listener = Listener(engine, CHANNEL)
        while not self._stop.is_set():
            try:
                more = self.look()
            except Exception as error:  # noqa: BLE001  (the database is away; connections wait, and are checked when it is back)
                _log.warning("live events cannot be read, tried again: %s", type(error).__name__)
                more = False
            if not more:
                listener.wait(_LOOK_SECONDS)
        listener.close()

    def look(self) -> bool:
        """Read what is new, then check its callers, and every two seconds all of them; tell whether more waits."""
        everybody = time.monotonic() - self._checked_at >= _CHECK_SECONDS
        with transaction(self._sessions) as session:
            rows = self._read(session)
            self._judge(session, everybody=everybody)
        if everybody:
            self._checked_at = time.monotonic()
        return len(rows) >= _MOST_ROWS

    def _read(self, session: Session) -> Sequence[Row]:
        with self._lock:
            after = dict(self._heads)
        if not after:
            return ()
        with platform_step(session, Step.LIVE):
            rows = rows_after(session, after, _MOST_ROWS)
        with self._lock:
            for row in rows:
                if row.stream_id in self._heads and row.number > self._heads[row.stream_id]:
                    self._heads[row.stream_id] = row.number
                    self._newest[row.stream_id].append(row)
        return rows

    def _judge(self, session: Session, *, everybody: bool) -> None:
        """Look the callers up after the events were read: whoever lost a right before one of them is found out."""
        with self._lock:
            read = dict(self._heads)
            asked = [each for each in self._subscriptions if everybody or _lags(each, read)]
        now, waking = utc_now(), defaultdict[asyncio.AbstractEventLoop, list[asyncio.Event]](list)
        found = find_principals(session, [each.bearer for each in asked], now)
        for subscription, caller in zip(asked, found, strict=True):
            new = _lags(subscription, read)
            if subscription.judge(caller, now):
                for stream, number in subscription.checked.items():
                    subscription.checked[stream] = max(number, read.get(stream, 0))
            if subscription.loop is not None and (new or subscription.ended is not None):
                waking[subscription.loop].append(subscription.news)
        for loop, news in waking.items():
            _wake(loop, news)


def _lags(subscription: Subscription, read: Mapping[UUID, int]) -> bool:
    return any(read.get(stream, 0) > number for stream, number in subscription.checked.items())


def _wake(loop: asyncio.AbstractEventLoop, news: Sequence[asyncio.Event]) -> None:
    """Set events of an event loop from another thread, all by one call; a loop that has ended needs no waking."""

    def set_all() -> None:
        for each in news:
            each.set()

    with suppress(RuntimeError):  # it was closed
        loop.call_soon_threadsafe(set_all)
