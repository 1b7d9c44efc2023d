"""Base class of the storages for the library `limits`: sliding windows alone, no fixed ones."""

from typing import NoReturn

from limits.storage import MovingWindowSupport, SlidingWindowCounterSupport, Storage


class WindowStorage(Storage, MovingWindowSupport, SlidingWindowCounterSupport):
    """A storage of moving windows and sliding counters."""

    base_exceptions = ValueError  # outages go through as the errors of what keeps the counters, which the edges know

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget a key."""
        self.clear(key)

    def incr(self, key: str, expiry: int, amount: int = 1) -> NoReturn:
        """Refuse: fixed windows are not used."""
        raise TypeError("fixed windows are not kept here")

    def get(self, key: str) -> NoReturn:
        """Refuse: fixed windows are not used."""
        raise TypeError("fixed windows are not kept here")

    def get_expiry(self, key: str) -> NoReturn:
        """Refuse: fixed windows are not used."""
        raise TypeError("fixed windows are not kept here")
