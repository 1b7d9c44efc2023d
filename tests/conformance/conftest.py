"""Every engine that can be reached: tantivy always; Meilisearch at MEILI_URL, and else the test server on loopback."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.search import SearchEngine
from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from core.search.tantivy import TantivyEngine
from core.settings import load_settings
from tests.meilisearch_server.running import running


@dataclass(frozen=True)
class Reachable:
    """An engine, and another handle on the same index, as another process would have it."""

    engine: SearchEngine
    again: Callable[[], SearchEngine]
    lose: Callable[[], None]  # the index is gone, as after a lost disk


@pytest.fixture(scope="session")
def meilisearch() -> Iterator[MeilisearchServer]:
    """The real one where the environment names it; else the test server, with a key as the runbook makes it."""
    settings = load_settings()
    if settings.meili_url is not None:
        key = None if settings.meili_key is None else settings.meili_key.get_secret_value()
        yield MeilisearchServer(settings.meili_url, key)
        return
    with running("a-master-key-of-the-tests") as server:
        yield MeilisearchServer(server.url, server.runbook_key)


@contextmanager
def reachable_engine(kind: str, folder: Path, server: MeilisearchServer) -> Iterator[Reachable]:
    """An engine of this kind without an index; what it stores is dropped at the end."""
    if kind == "tantivy":
        home = folder / "search"
        make_tantivy = lambda: TantivyEngine(home, lock_timeout=0.3)  # noqa: E731
        yield Reachable(make_tantivy(), make_tantivy, lambda: _remove(home))
        return
    name = f"listings_conformance_{uuid.uuid4().hex}"  # a name that the runbook's key covers
    make = lambda: MeilisearchEngine(server, name, folder / "lock", lock_timeout=0.3)  # noqa: E731
    with ExitStack() as after:
        after.callback(_drop, server, name)
        yield Reachable(make(), make, lambda: _drop(server, name))


@pytest.fixture(params=["tantivy", "meilisearch"])
def reachable(request: pytest.FixtureRequest, tmp_path: Path, meilisearch: MeilisearchServer) -> Iterator[Reachable]:
    with reachable_engine(request.param, tmp_path, meilisearch) as reachable:
        yield reachable


@pytest.fixture
def index(reachable: Reachable) -> SearchEngine:
    return reachable.engine


def _remove(home: Path) -> None:
    for pointer in home.rglob("current"):
        pointer.unlink()


def _drop(server: MeilisearchServer, name: str) -> None:
    server.wait([server.client.delete_index(one) for one in server.index_names() if one.startswith(name)])
