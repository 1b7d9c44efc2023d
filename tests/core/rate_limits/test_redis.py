"""Limits in a real Redis or Valkey, and without it when it is gone or hangs. `make redis-test`."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import SecretStr

from core.db.session import SessionFactory
from core.declarations import RateLimit
from core.rate_limits import stores
from core.rate_limits.limiter import AWAY_SECONDS, Limiter, Store
from core.rate_limits.rules import CallOrigin, Counter
from core.rate_limits.stores import open_limiter, open_redis
from core.settings import Settings
from tests.core.rate_limits.redis_server import MISSING, RedisServer, find_program, running

PROGRAM = find_program()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason=MISSING)
SHARED = RateLimit("POST /shared", calls=20, seconds=600, per=("device",), shared=True)
OWN = RateLimit("POST /own", calls=60, seconds=60, per=("device",))
PHONE = CallOrigin("203.0.113.7", device="d1")


@pytest.fixture(scope="module")
def started() -> Iterator[RedisServer]:
    assert PROGRAM is not None
    with running(PROGRAM) as server:
        yield server


@pytest.fixture
def server(started: RedisServer) -> Iterator[RedisServer]:
    """An empty one that runs, whatever the test before has done to it."""
    started.stop()
    started.start()
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what a process would keep until it ends."""
    opened: list[Any] = []

    def remembered(settings: Settings) -> Any:
        opened.append(open_redis(settings))
        return opened[-1]

    monkeypatch.setattr(stores, "open_redis", remembered)
    yield
    for storage in opened:
        storage.storage.close()


@pytest.fixture
def redis_settings(settings: Settings, server: RedisServer) -> Settings:
    return settings.model_copy(update={"redis_url": SecretStr(server.url)})


@pytest.fixture
def store(redis_settings: Settings) -> Store:
    storage = stores.open_redis(redis_settings)
    assert storage is not None
    return Store(storage)


def limiter(settings: Settings, sessions: SessionFactory) -> Limiter:
    """That of one process."""
    return open_limiter(settings, sessions, [SHARED, OWN])


def passed(of: Limiter, operation: str, calls: int) -> int:
    decisions = [of.check(operation, PHONE) for _ in range(calls)]
    return sum(decision is not None and not decision.is_refused for decision in decisions)


@pytest.mark.parametrize("calls", [3, 25])
def test_number_passes_and_the_next_call_is_told_when_to_come_back(store: Store, calls: int) -> None:
    counter = Counter("k", calls, 3600)
    assert [store.take("op", counter).remaining for _ in range(calls)] == list(range(calls - 1, -1, -1))
    refused = store.take("op", counter)
    assert 0 < (refused.retry_after or 0) <= 3600
    assert (refused.limit, refused.remaining, refused.window) == (calls, 0, 3600)
    assert not store.take("other", counter).is_refused


@pytest.mark.parametrize("calls", [2, 30])
def test_window_slides_on(store: Store, calls: int) -> None:
    counter = Counter("k", calls, 1)
    while not store.take("op", counter).is_refused:
        pass
    time.sleep(2.1)
    assert not store.take("op", counter).is_refused


@pytest.mark.parametrize(("operation", "calls"), [("POST /shared", 20), ("POST /own", 60)])
def test_four_processes_and_many_threads_keep_the_number_exactly(
    redis_settings: Settings, session_factory: SessionFactory, operation: str, calls: int
) -> None:
    processes = [limiter(redis_settings, session_factory) for _ in range(4)]
    with ThreadPoolExecutor(16) as pool:
        numbers = pool.map(lambda number: passed(processes[number % 4], operation, 10), range(16))
    assert sum(numbers) == calls


def test_valkey_is_named_by_its_own_scheme_too(settings: Settings, server: RedisServer) -> None:
    url = SecretStr(server.url.replace("redis://", "valkey://"))
    storage = stores.open_redis(settings.model_copy(update={"redis_url": url}))
    assert storage is not None
    assert storage.check()


def test_outage_is_bridged_by_the_database_and_said_once(
    redis_settings: Settings, session_factory: SessionFactory, server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = limiter(redis_settings, session_factory), limiter(redis_settings, session_factory)
    assert passed(one, "POST /shared", 5) == 5
    server.stop()
    started = time.monotonic()
    with caplog.at_level(logging.WARNING):
        assert passed(one, "POST /shared", 12) + passed(two, "POST /shared", 12) == 20  # both count in PostgreSQL
        assert passed(one, "POST /own", 61) == 60
    assert time.monotonic() - started < 10
    assert len([line for line in caplog.records if "does not answer" in line.message]) <= 4  # one for each store
    server.start()
    time.sleep(AWAY_SECONDS + 0.1)
    assert passed(one, "POST /shared", 30) == 20  # it is counted there again


def test_server_that_hangs_holds_no_call_for_long(
    redis_settings: Settings, session_factory: SessionFactory, server: RedisServer
) -> None:
    process = limiter(redis_settings, session_factory)
    assert passed(process, "POST /own", 1) == 1
    server.freeze()
    try:
        started = time.monotonic()
        assert passed(process, "POST /own", 50) == 50
        assert time.monotonic() - started < 4
    finally:
        server.thaw()


def test_connection_that_a_restart_cut_is_no_error(
    redis_settings: Settings, session_factory: SessionFactory, server: RedisServer
) -> None:
    process = limiter(redis_settings, session_factory)
    assert passed(process, "POST /own", 1) == 1
    server.stop()
    server.start()
    assert passed(process, "POST /own", 3) == 3
