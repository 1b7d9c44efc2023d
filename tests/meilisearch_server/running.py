"""The test server on a loopback port, for as long as a block lasts."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from core.search.meilisearch.key_making import wanted_keys
from tests.meilisearch_server.app import make_app
from tests.meilisearch_server.routes import Routes


@dataclass(frozen=True)
class RunningServer:
    """Its address, its keys, and its insides for tests that let it fail."""

    url: str
    master_key: str | None
    routes: Routes

    @property
    def admin_key(self) -> str | None:
        return None if self.master_key is None else str(self.routes.keys.made[1]["key"])

    @property
    def runbook_key(self) -> str | None:
        """A key as `automart search meilisearch-keys` makes it, which is the runbook's way."""
        return None if self.master_key is None else str(self.routes.keys.make(wanted_keys("listings")[0])["key"])

    @property
    def search_key(self) -> dict[str, str]:
        return self.routes.keys.made[0]


@contextmanager
def running(master_key: str | None = None, delay: float = 0.002) -> Iterator[RunningServer]:
    """Start, and stop whatever happens in the block."""
    routes = Routes(master_key, delay)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(make_app(routes), log_level="error", lifespan="off", access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield RunningServer(f"http://127.0.0.1:{listener.getsockname()[1]}", master_key, routes)
        finally:
            server.should_exit = True
            thread.join(timeout=10)
            routes.tasks.stop()
