"""The API under uvicorn on loopback, on a real database and a real index."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from core.db.session import SessionFactory, transaction
from core.search import SearchEngine, open_search_engine
from core.settings import Settings
from pipelines.search.rebuild import rebuild_index
from pipelines.search.sync import sync_index
from tests.inventory import add_listing

Add = Callable[..., UUID]


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """The application behind a free port, and a client for it."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        host, port = server.servers[0].sockets[0].getsockname()
        with httpx.Client(base_url=f"http://{host}:{port}", timeout=30, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def api_settings(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Settings:
    return Settings(
        automart_home=tmp_path_factory.mktemp("api"), database_url=database_url, storage_url=None, meili_url=None
    )


@pytest.fixture(scope="session")
def server(api_settings: Settings) -> Iterator[httpx.Client]:
    """One server for all tests."""
    with served(create_app(api_settings)) as client:
        yield client


@pytest.fixture
def index(api_settings: Settings) -> SearchEngine:
    return open_search_engine(api_settings)


@pytest.fixture
def client(server: httpx.Client, session_factory: SessionFactory, index: SearchEngine) -> httpx.Client:
    """On an empty database with an empty index."""
    with transaction(session_factory) as session:
        rebuild_index(session, index)
    return server


@pytest.fixture
def add(session_factory: SessionFactory, index: SearchEngine) -> Add:
    """Add a listing and sync the index."""

    def added(**columns: Any) -> UUID:
        with transaction(session_factory) as session:
            listing_id = add_listing(session, **columns)
        with transaction(session_factory) as session:
            sync_index(session, index)
        return listing_id

    return added
