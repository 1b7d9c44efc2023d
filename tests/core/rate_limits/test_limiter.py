"""Limits hold in process and over processes, slide, and say when to come back."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from core.db.session import SessionFactory, make_engine, make_session_factory
from core.declarations import RateLimit
from core.rate_limits.limiter import Limiter, Store
from core.rate_limits.memory import ProcessStorage
from core.rate_limits.postgres import DatabaseStore
from core.rate_limits.rules import CallOrigin, Counter
from core.rate_limits.stores import BadRedisUrlError, open_limiter
from core.settings import Settings

OTP = RateLimit("POST /v1/auth/otp", calls=20, seconds=600, per=("address", "device"), shared=True)
PHONE = CallOrigin("203.0.113.7", device="d1")


@pytest.fixture(params=["process", "postgresql"])
def store(request: pytest.FixtureRequest, session_factory: SessionFactory) -> Store | DatabaseStore:
    return Store(ProcessStorage()) if request.param == "process" else DatabaseStore(session_factory)


@pytest.mark.parametrize("calls", [3, 25])
def test_number_passes_and_the_next_call_is_told_when_to_come_back(store: Store | DatabaseStore, calls: int) -> None:
    counter = Counter("k", calls, 3600)
    passed = [store.take("op", counter) for _ in range(calls)]
    assert [each.remaining for each in passed] == list(range(calls - 1, -1, -1))
    refused = store.take("op", counter)
    assert refused.is_refused
    assert 0 < (refused.retry_after or 0) <= 3600
    assert (refused.limit, refused.remaining, refused.window) == (calls, 0, 3600)


def test_keys_and_operations_are_counted_apart(store: Store | DatabaseStore) -> None:
    counter = Counter("k", 1, 60)
    assert not store.take("op", counter).is_refused
    assert store.take("op", counter).is_refused
    assert not store.take("other", counter).is_refused
    assert not store.take("op", Counter("j", 1, 60)).is_refused


@pytest.mark.parametrize("calls", [2, 30])
@pytest.mark.slow
def test_window_slides_on(store: Store | DatabaseStore, calls: int) -> None:
    counter = Counter("k", calls, 1)
    while not store.take("op", counter).is_refused:
        pass
    time.sleep(2.1)
    assert not store.take("op", counter).is_refused


def test_call_counts_up_to_the_counter_that_refuses_it(store: Store | DatabaseStore) -> None:
    narrow, used_up, wide = Counter("narrow", 30, 3600), Counter("full", 3, 3600), Counter("wide", 40, 3600)
    for left in (2, 1, 0):
        passed = store.take_all("op", (narrow, used_up, wide))
        assert [each.remaining for each in passed] == [27 + left, left, 37 + left]
    refused = store.take_all("op", (narrow, used_up, wide))
    assert [each.is_refused for each in refused] == [False, True]
    assert store.take("op", narrow).remaining == 25
    assert store.take("op", wide).remaining == 36


def test_exact_window_has_no_edge_at_which_twice_the_number_passes() -> None:
    now = 1000.0
    store = ProcessStorage(lambda: now)
    passed = []
    for _ in range(400):
        now += 0.1
        if store.acquire_entry("k", 5, 10):
            passed.append(now)
    assert all(later - earlier >= 10 for earlier, later in zip(passed, passed[5:], strict=False))
    assert len(passed) == 20


def test_counter_weighs_the_last_window() -> None:
    now = 1000.0
    store = ProcessStorage(lambda: now)
    assert sum(store.acquire_sliding_window_entry("k", 40, 10) for _ in range(60)) == 40
    now = 1012.5  # three quarters of the last window still count
    assert sum(store.acquire_sliding_window_entry("k", 40, 10) for _ in range(60)) == 10
    now = 1040.0
    assert sum(store.acquire_sliding_window_entry("k", 40, 10) for _ in range(60)) == 40


def test_process_forgets_callers_that_are_gone_and_never_holds_more_than_its_bound() -> None:
    now = 1000.0
    store = ProcessStorage(lambda: now, most_keys=100)
    for number in range(1000):
        store.acquire_entry(f"k{number}", 5, 10)
    assert len(store) <= 100
    now = 2000.0
    for number in range(200):
        store.acquire_entry(f"n{number}", 5, 1000)
    assert all(key.startswith("n") for key in store._windows)


@pytest.fixture
def four_processes(database_url: str, session_factory: SessionFactory) -> Iterator[list[Limiter]]:
    engines = [make_engine(database_url, connections=2) for _ in range(4)]
    yield [
        Limiter({OTP.operation: OTP}, DatabaseStore(make_session_factory(e)), Store(ProcessStorage())) for e in engines
    ]
    for engine in engines:
        engine.dispose()


def at_once(work: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.slow
@pytest.mark.parametrize(("origin", "most"), [(PHONE, 20), (CallOrigin("203.0.113.9"), 600)])
def test_four_processes_keep_one_limit(four_processes: list[Limiter], origin: CallOrigin, most: int) -> None:
    passed: list[bool] = []
    began = time.monotonic()

    def call(limiter: Limiter) -> None:
        for _ in range(most // 4 + 10):
            decision = limiter.check(OTP.operation, origin)
            assert decision is not None
            passed.append(not decision.is_refused)

    at_once([lambda limiter=limiter: call(limiter) for limiter in four_processes])  # type: ignore[misc]
    # A list of times is exact; a counter lets calls of the last window go, should a new one begin during the test.
    released = 0 if most <= 20 else 1 + int((time.monotonic() - began) * most / OTP.seconds)
    assert len(passed) == 4 * (most // 4 + 10)
    assert most <= sum(passed) <= most + released


def test_five_hundred_people_behind_one_address_log_in_with_or_without_devices(session_factory: SessionFactory) -> None:
    rules = [OTP, RateLimit("POST /v1/auth/otp/verify", 20, 600, ("address", "device"), shared=True)]
    limiter = Limiter({r.operation: r for r in rules}, Store(ProcessStorage()), Store(ProcessStorage()))
    for number in range(500):
        for origin in (CallOrigin("203.0.113.7", device=f"d{number}"), CallOrigin("203.0.113.8")):
            for rule in rules:
                decision = limiter.check(rule.operation, origin)
                assert decision is not None
                assert not decision.is_refused


def test_operation_without_a_rule_is_not_counted(session_factory: SessionFactory, settings: Settings) -> None:
    assert open_limiter(settings, session_factory, [OTP]).check("GET /v1/listings", PHONE) is None


def test_table_tells_no_address_and_no_device(session_factory: SessionFactory, settings: Settings) -> None:
    open_limiter(settings, session_factory, [OTP]).check(OTP.operation, PHONE)
    with session_factory() as session:
        rows = session.execute(text("SELECT * FROM rate_limit_counters")).all()
    assert len(rows) == 2
    assert "203.0.113.7" not in str(rows)


@pytest.mark.parametrize("url", ["http://redis", "memory://", "redis"])
def test_address_that_is_no_redis_is_refused(session_factory, settings: Settings, url: str) -> None:
    named = settings.model_copy(update={"redis_url": SecretStr(url)})
    with pytest.raises(BadRedisUrlError, match="REDIS_URL"):
        open_limiter(named, session_factory, [OTP])
