"""The test server, and an engine on it that waits shortly."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from tests.meilisearch_server.running import RunningServer, running


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with running() as server:
        yield server


@pytest.fixture
def engine(server: RunningServer, tmp_path: Path) -> MeilisearchEngine:
    return MeilisearchEngine(MeilisearchServer(server.url, None, task_seconds=0.5), "cars", tmp_path / "lock")
