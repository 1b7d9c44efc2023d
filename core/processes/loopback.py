"""Run a small server on this machine while a block lasts: receivers and providers of demonstrations and tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from socketserver import BaseServer
from threading import Thread
from typing import TypeVar

S = TypeVar("S", bound=BaseServer)


@contextmanager
def served(server: S) -> Iterator[S]:
    """Let a server answer in a thread of its own; afterwards it is closed."""
    thread = Thread(target=partial(server.serve_forever, poll_interval=0.02))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
