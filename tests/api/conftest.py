"""The API under uvicorn on loopback, on a real database and a real index."""

import io
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.connections import ConnectionLimits
from api.middleware.refusals import RefusalTrail
from api.server import make_server
from core.db.logins import login_settings
from core.db.session import SessionFactory, transaction
from core.observability.logging import configure_logging
from core.search import SearchEngine, open_search_engine
from core.search.words import kept_names
from core.security.platform_keys import open_keys
from core.settings import Settings
from pipelines.search.outbox import OutboxRepository
from pipelines.search.rebuild import RebuildLimits, rebuild_index
from pipelines.search.sync import sync_index
from tests.api.contract import contract_of
from tests.api.people import People
from tests.conftest import KEYS
from tests.factories.listings import add_listing

Add = Callable[..., UUID]


class DocumentedProblems:
    """Fails a test whose answer has a status or a code that the operation does not document."""

    def __init__(self, contract: dict[str, Any]) -> None:
        self._operations = [
            (re.compile(re.sub(r"{[^}]+}", "[^/]+", path) + "$"), method.upper(), operation["responses"])
            for path, operations in sorted(contract["paths"].items(), key=lambda each: each[0].count("{"))
            for method, operation in operations.items()
        ]

    def __call__(self, response: httpx.Response) -> None:
        path, method = response.request.url.path, response.request.method
        narrowest = next((pattern for pattern, _, _ in self._operations if pattern.match(path)), None)
        for pattern, known_method, documented in self._operations:
            if known_method == method and pattern == narrowest:
                answer = documented.get(str(response.status_code))
                assert answer is not None, f"{method} {path} does not document {response.status_code}"
                if response.headers.get("content-type") == "application/problem+json":
                    code = json.loads(response.read())["code"]
                    assert code in answer["content"]["application/problem+json"]["examples"], (method, path, code)
                return


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """The status of a refusal, and the code of its problem."""
    return answer.status_code, answer.json()["code"]


@contextmanager
def served(app: FastAPI, settings: Settings | None = None, **limits: float) -> Iterator[httpx.Client]:
    """The application behind a free port, and a client for it that holds every answer to the contract."""
    server = make_server(
        settings or Settings(), app, ConnectionLimits(**limits) if limits else None, port=0, log_level="error"
    )
    hooks = {"response": [DocumentedProblems(contract_of(app))]}
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        host, port = server.servers[0].sockets[0].getsockname()
        with httpx.Client(base_url=f"http://{host}:{port}", timeout=30, trust_env=False, event_hooks=hooks) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def api_settings(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Settings:
    home = tmp_path_factory.mktemp("api")
    logins = login_settings(database_url)
    # Tests of plates ask for that step; in all others photos are shown at once.
    return Settings(automart_home=home, storage_url=None, meili_url=None, photos_plate_step="none", **logins, **KEYS)


@pytest.fixture(scope="session")
def app(api_settings: Settings) -> FastAPI:
    """The application of all tests."""
    return create_app(api_settings)


class IndexUse:
    """Tells whether the index is as its last rebuild left it: most tests never ask or fill it, and a rebuild costs."""

    def __init__(self) -> None:
        self.index_id = ""
        self.is_clean = False

    def rebuilt(self, index_id: str) -> None:
        self.index_id, self.is_clean = index_id, True

    def asked(self, request: httpx.Request) -> None:
        if request.url.path.startswith(("/v1/listings", "/v1/search", "/v1/saved-searches", "/readyz")):
            self.is_clean = False


@pytest.fixture(scope="session")
def index_use() -> IndexUse:
    return IndexUse()


@pytest.fixture(scope="session")
def server(app: FastAPI, index_use: IndexUse) -> Iterator[httpx.Client]:
    """One server for all tests."""
    with served(app) as client:
        client.event_hooks = client.event_hooks | {"request": [index_use.asked]}
        yield client


@pytest.fixture
def refusals_end(app: FastAPI, session_factory: SessionFactory) -> Iterator[None]:
    """Drop refusals that wait for their record, before the tables are emptied: they would be found by other tests."""
    del session_factory  # the tables are emptied at its end
    yield
    ledgers = [each.kwargs["ledger"] for each in app.user_middleware if each.cls is RefusalTrail]
    for ledger in ledgers:
        ledger.take(time.monotonic(), everything=True)
    assert ledgers


@pytest.fixture
def index(api_settings: Settings, index_use: IndexUse) -> SearchEngine:
    index_use.is_clean = False
    return open_search_engine(api_settings)


@pytest.fixture(autouse=True)
def names_of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read words by the names of the test's own cars: the server would keep those of the test before for 30 seconds."""
    monkeypatch.setattr(kept_names, "KEPT_SECONDS", -1.0)


@pytest.fixture
def client(
    server: httpx.Client,
    session_factory: SessionFactory,
    api_settings: Settings,
    index_use: IndexUse,
    refusals_end: None,
) -> httpx.Client:
    """On an empty database with an empty index."""
    with transaction(session_factory) as session:
        if index_use.is_clean:
            outbox = OutboxRepository(session)
            outbox.move_watermark(index_use.index_id, outbox.now())
        else:
            engine = open_search_engine(api_settings)
            rebuild_index(session, engine, RebuildLimits(accept_shrink=True))
            index_use.rebuilt(engine.index_id() or "")
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


@pytest.fixture
def people(api_settings: Settings, session_factory: SessionFactory) -> People:
    return People(session_factory, open_keys(api_settings))


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("test", level="INFO", style="json", stream=stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
