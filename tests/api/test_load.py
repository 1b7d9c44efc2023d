"""Many clients at once: everybody gets an answer in bounded time, and health answers throughout."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from api.app import create_app
from api.deps import SessionDep
from api.domains import find_domains
from api.routing import DomainRouter
from api.rules import PUBLIC
from core.db.session import SessionFactory, transaction
from core.search import SearchEngine
from core.settings import Settings
from pipelines.search.rebuild import RebuildLimits, rebuild_index
from pipelines.search.sync import sync_index
from serving.live.hub import DATABASE_CONNECTIONS
from tests.api.conftest import Add, served
from tests.api.contract import platform_contract
from tests.api.example_requests import example_requests
from tests.api.people import any_access_token
from tests.api.raw_http import RawAnswer, address_of, ask, ask_at_once, get
from tests.factories.listings import add_many

pytestmark = pytest.mark.slow


@pytest.fixture
def stocked(
    client: httpx.Client, session_factory: SessionFactory, index: SearchEngine, emptied: Callable[[], None]
) -> Iterator[httpx.Client]:
    """300 cars, so that a page is full."""
    with transaction(session_factory) as session:
        add_many(session, 300)
    with transaction(session_factory) as session:
        sync_index(session, index)
    yield client
    emptied()
    with transaction(session_factory) as session:
        rebuild_index(session, index, RebuildLimits(accept_shrink=True))


def crowd(address: tuple[str, int], paths: list[str]) -> tuple[list[RawAnswer], list[RawAnswer]]:
    """Answers to all paths asked for at once, and those of /healthz asked for all the while."""

    async def everyone() -> tuple[list[RawAnswer], list[RawAnswer]]:
        asked = asyncio.gather(*(ask(address, get(path), 50) for path in paths))
        health = []
        while not asked.done():
            health.append(await ask(address, get("/healthz"), 50))
            await asyncio.sleep(0.05)
        return await asked, health

    return asyncio.run(everyone())


@pytest.mark.parametrize("clients", [128, 512])
def test_crowd_is_answered_and_health_with_it(stocked: httpx.Client, add: Add, clients: int) -> None:
    one = f"/v1/listings/{add()}"
    paths = [one, "/v1/listings?limit=20", f"{one}/similar", "/v1/listings/suggest?q=toy"] * (clients // 4)
    answers, health = crowd(address_of(stocked), paths)
    assert {answer.status for answer in answers} <= {200, 503}
    assert sum(answer.status == 200 for answer in answers) >= clients // 4
    for answer in answers:
        if answer.status == 503:
            assert json.loads(answer.body)["code"] == "server_busy"
            assert int(answer.headers["retry-after"]) > 0
    assert {answer.status for answer in health} == {200}
    assert max(answer.seconds for answer in answers) < 30
    assert stocked.get(one).status_code == 200


class Held:
    """A server with two threads, both at work in an endpoint that ends when it is told to."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings.model_copy(update={"api_threads": 2, "api_wait_seconds": 0.02})
        self.release, self.running = threading.Event(), threading.Semaphore(0)
        router = DomainRouter(access=PUBLIC)

        @router.get("/held")
        def held(session: SessionDep) -> dict[str, Any]:
            """Wait in a thread that has a connection."""
            connection = session.connection()
            self.running.release()
            self.release.wait(30)
            return {"closed": connection.closed}

        self.app = create_app(self.settings)
        self.app.include_router(router)


@pytest.fixture
def held(api_settings: Settings) -> Iterator[Held]:
    made = Held(api_settings)
    yield made
    made.release.set()


def test_full_server_refuses_in_time_and_stays_healthy(held: Held, add: Add) -> None:
    car = add()
    with served(held.app) as client:
        address = address_of(client)
        holders = [threading.Thread(target=client.get, args=("/held",)) for _ in range(2)]
        for holder in holders:
            holder.start()
        for _ in holders:
            assert held.running.acquire(timeout=10)
        refused = 0
        for one in example_requests(platform_contract(), any_access_token(held.settings)):
            if one.path in ("/healthz", "/.well-known/jwks.json", "/v1/event-schemas"):
                assert client.get(one.path).status_code == 200
                continue
            answer = client.request(one.method, one.path, headers=one.headers, content=one.content)
            assert (answer.status_code, answer.json()["code"]) == (503, "server_busy"), one.operation
            assert int(answer.headers["retry-after"]) > 0
            refused += 1
        assert refused > 10
        assert client.get("/docs").status_code == 200
        held.release.set()
        for holder in holders:
            holder.join()
        assert {one.status for one in ask_at_once(address, [get(f"/v1/listings/{car}")] * 40)} <= {200, 503}
        assert client.get(f"/v1/listings/{car}").status_code == 200


def test_request_has_no_connection_while_its_answer_waits(held: Held) -> None:
    """More requests than threads one after the other: each gives its connection back with its thread."""
    held.release.set()
    with served(held.app) as client:
        answers = ask_at_once(address_of(client), [get("/held")] * 64)
        pool = held.app.state.opened.sessions.kw["bind"].pool
        assert {answer.status for answer in answers} <= {200, 503}
        assert pool.checkedout() == 0
        assert pool.size() == held.settings.api_threads + DATABASE_CONNECTIONS


def operations(domain: Any) -> list[APIRoute]:
    """The domain's routes of requests; a WebSocket's has no answer."""
    return [route for route in domain.router.routes if isinstance(route, APIRoute)]


def test_no_operation_leaves_a_thread_to_the_framework() -> None:
    """A plain dependency would take a thread of another pool, and might hold a connection between two threads."""
    checked = 0
    for domain in find_domains():
        for route in operations(domain):
            stack = [route.dependant]  # type: ignore[attr-defined]
            while stack:
                dependant = stack.pop()
                stack += dependant.dependencies
                call = dependant.call
                named = getattr(call, "__name__", None) or type(call).__name__
                runs = call if hasattr(call, "__code__") else type(call).__call__
                flags = runs.__code__.co_flags
                assert flags & (0x80 | 0x200), f"{route.path} depends on {named}, which is no coroutine"  # type: ignore[attr-defined]
                checked += 1
    assert checked > 20


def test_no_coroutine_endpoint_has_a_session() -> None:
    """Its statements would run on the event loop, and nothing would commit them."""
    for domain in find_domains():
        for route in operations(domain):
            endpoint = route.endpoint  # type: ignore[attr-defined]
            if not hasattr(endpoint, "__wrapped__"):
                assert "session" not in endpoint.__code__.co_varnames, endpoint.__name__
