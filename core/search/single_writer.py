"""Keep writers of one machine apart by a file lock, which the kernel frees when its process dies."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import RetryableError

_POLL_SECONDS = 0.05


@contextmanager
def single_writer(lock_file: Path, *, timeout: float) -> Iterator[None]:
    """Hold the lock: be the only writer of this machine until the block ends.

    Raises:
        RetryableError: `index_busy` where another process still writes after `timeout` seconds.
    """
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("w") as lock:
        deadline = time.monotonic() + timeout
        while not _taken(lock.fileno()):
            if time.monotonic() > deadline:
                raise RetryableError(
                    "Another process is writing the search index; try again when it has finished.",
                    code="index_busy",
                )
            time.sleep(_POLL_SECONDS)
        yield


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
