"""Counters in this process, for the library `limits`.

Its own in-memory storage goes through all keys from a thread, a hundred times a second while calls come: with a hundred
thousand callers that takes the whole processor. This one looks at two old keys for each call.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from core.rate_limits.windows import WindowStorage

MOST_KEYS: Final = 200_000
_LOOKED_AT: Final = 2


@dataclass(slots=True)
class _Window:
    ends_at: float
    times: deque[float] = field(default_factory=deque)
    number: int = 0
    current: int = 0
    previous: int = 0


class ProcessStorage(WindowStorage):
    """Counts of at most MOST_KEYS callers; beyond that the caller that called the longest ago is forgotten."""

    STORAGE_SCHEME = ["automart-process"]  # noqa: RUF012  (the library's API)

    def __init__(self, clock: Callable[[], float] = time.time, most_keys: int = MOST_KEYS) -> None:
        super().__init__()
        self._clock = clock
        self._most = most_keys
        self._guard = threading.Lock()
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Keep a call with its time, unless `limit` are within the last `expiry` seconds."""
        with self._guard:
            now = self._clock()
            window = self._window(key, now, expiry)
            while window.times and window.times[0] <= now - expiry:
                window.times.popleft()
            if len(window.times) + amount > limit:
                return False
            window.times.extend([now] * amount)
            window.ends_at = now + expiry
            return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return the time of the oldest call of the window, and the number of its calls."""
        with self._guard:
            now = self._clock()
            window = self._windows.get(key)
            times = [] if window is None else [at for at in window.times if at > now - expiry]
            return (times[0] if times else now), len(times)

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count a call, unless this window's calls and the share of the last one's come to `limit`."""
        with self._guard:
            now = self._clock()
            window = self._counted(key, now, expiry)
            left = 1 - now / expiry % 1
            if int(window.previous * left + window.current) + amount > limit:
                return False
            window.current += amount
            window.ends_at = now + 2 * expiry
            return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return the last window's calls and the seconds that they still count, and the same of this one."""
        with self._guard:
            now = self._clock()
            window = self._counted(key, now, expiry)
            left = (1 - now / expiry % 1) * expiry
            return window.previous, left if window.previous else 0.0, window.current, left + expiry

    def clear(self, key: str) -> None:
        """Forget a key."""
        with self._guard:
            self._windows.pop(key, None)

    def reset(self) -> int:
        """Forget all keys; return their number."""
        with self._guard:
            number = len(self._windows)
            self._windows.clear()
            return number

    def check(self) -> bool:
        """Return true: memory always answers."""
        return True

    def _window(self, key: str, now: float, expiry: int) -> _Window:
        window = self._windows.get(key)
        if window is None:
            self._make_room(now)
            window = self._windows[key] = _Window(now + expiry)
        else:
            self._windows.move_to_end(key)
        return window

    def _counted(self, key: str, now: float, expiry: int) -> _Window:
        window, number = self._window(key, now, expiry), int(now // expiry)
        if window.number != number:
            window.previous = window.current if window.number == number - 1 else 0
            window.number, window.current = number, 0
        return window

    def _make_room(self, now: float) -> None:
        for _ in range(_LOOKED_AT):
            key, oldest = next(iter(self._windows.items()), ("", None))
            if oldest is None or (oldest.ends_at > now and len(self._windows) < self._most):
                return
            del self._windows[key]
