"""Wait for a condition, within a time after which it never comes."""

import time
from collections.abc import Callable


def until(condition: Callable[[], object], seconds: float = 60, pause: float = 0.01) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(pause)
