"""What the client hides comes to light: failed and slow tasks, refusals, a server that is away."""

import threading
from pathlib import Path

import pytest

from core.access.audience import Audience
from core.errors import AutomartError, ConflictError, PermanentError, RetryableError
from core.search import Facet, ListingFilters, SearchQuery, Sort
from core.search.audience_filter import filter_of
from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from core.search.meilisearch.engine import index_name
from core.search.meilisearch.expressions import compile_filter, is_any
from core.search.meilisearch.schema import ABOUT, ID
from core.search.places import city_point
from tests.core.search.conftest import document, ids
from tests.meilisearch_server.running import RunningServer, running

CARS = index_name("cars")
ANYONE = Audience.anonymous()


def build(engine: MeilisearchEngine, count: int = 1) -> None:
    with engine.rebuilding() as batch:
        batch.upsert([document() for _ in range(count)])


def update(engine: MeilisearchEngine) -> None:
    with engine.updating() as batch:
        batch.upsert([document()])


def test_failed_task_raises_with_meilisearchs_own_code(server: RunningServer, engine: MeilisearchEngine) -> None:
    build(engine)
    server.routes.tasks.fail_next("documentAdditionOrUpdate", "invalid_document_fields")
    with pytest.raises(PermanentError) as caught:
        update(engine)
    assert caught.value.code == "meilisearch_invalid_document_fields"
    assert "This failure was asked for" in caught.value.detail
    server.routes.tasks.fail_next("documentAdditionOrUpdate", "no_space_left_on_device")
    with pytest.raises(RetryableError) as later:
        update(engine)
    assert later.value.code == "meilisearch_no_space_left_on_device"
    assert engine.document_count() == 1
    update(engine)
    assert engine.document_count() == 2


@pytest.mark.parametrize("kind", ["indexCreation", "settingsUpdate", "documentAdditionOrUpdate", "indexSwap"])
@pytest.mark.slow
def test_rebuild_that_fails_anywhere_changes_nothing(
    server: RunningServer, engine: MeilisearchEngine, kind: str
) -> None:
    build(engine)
    before = engine.index_id()
    server.routes.tasks.fail_next(kind, "internal")
    with pytest.raises(RetryableError):
        build(engine, 5)
    assert (engine.index_id(), engine.document_count(), engine.previous_id()) == (before, 1, None)
    build(engine, 2)
    assert (engine.document_count(), engine.previous_id()) == (2, before)
    assert len(engine._server.index_names()) == 2


@pytest.mark.slow
def test_slow_task_is_named_and_the_next_update_waits_for_it(server: RunningServer, engine: MeilisearchEngine) -> None:
    build(engine)
    server.routes.tasks.hold()
    with pytest.raises(RetryableError, match=r"/tasks/\d+") as caught:
        update(engine)
    assert caught.value.code == "index_task_pending"
    with pytest.raises(RetryableError):
        update(engine)
    waiting = [task for task in server.routes.tasks.all if task["status"] == "enqueued"]
    assert len(waiting) == 1, "the second update must not pile its own changes on those that still wait"
    server.routes.tasks.go_on()
    update(engine)
    assert engine.document_count() == 3


@pytest.mark.slow
def test_exchange_that_timed_out_leaves_both_indexes_whole(server: RunningServer, engine: MeilisearchEngine) -> None:
    build(engine, 2)
    before = engine.index_id()
    real = engine._server.client.swap_indexes

    def slow(pairs: object) -> object:
        server.routes.tasks.hold()
        return real(pairs)  # type: ignore[arg-type]

    engine._server.client.swap_indexes = slow  # type: ignore[method-assign, assignment]
    with pytest.raises(RetryableError):
        build(engine, 7)
    engine._server.client.swap_indexes = real  # type: ignore[method-assign]
    server.routes.tasks.go_on()
    engine._server.wait_for_earlier(CARS)
    build(engine, 3)
    assert (engine.document_count(), engine.rollback() != before, engine.document_count()) == (3, True, 7)


def test_unreachable_server_is_a_retryable_error(tmp_path: Path) -> None:
    away = MeilisearchEngine(MeilisearchServer("http://127.0.0.1:9", None), "cars", tmp_path / "lock")
    for ask in (away.index_id, away.document_count, lambda: away.search(SearchQuery("corolla"), ANYONE),
                lambda: build(away), away.rollback, lambda: away.suggest("c", ANYONE)):  # fmt: skip
        with pytest.raises(RetryableError) as caught:
            ask()
        assert caught.value.code == "search_unavailable"
        assert "127.0.0.1" not in caught.value.detail


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_server_error_is_a_retryable_error(server: RunningServer, engine: MeilisearchEngine, status: int) -> None:
    build(engine)
    server.routes.refusals.append(status)
    with pytest.raises(RetryableError) as caught:
        engine.search(SearchQuery(), ANYONE)
    assert caught.value.code == "search_unavailable"
    assert engine.search(SearchQuery(), ANYONE).total == 1


def test_wrong_key_is_a_permanent_error(tmp_path: Path) -> None:
    with running("a-master-key-of-the-tests") as server:
        for key in ("wrong", None, server.search_key["key"]):
            engine = MeilisearchEngine(MeilisearchServer(server.url, key), "cars", tmp_path / "lock")
            with pytest.raises(PermanentError) as caught:
                build(engine)
            assert caught.value.code == "search_key_refused"


def test_malformed_answer_is_a_retryable_error(
    server: RunningServer, engine: MeilisearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(engine)
    monkeypatch.setattr(server.routes.store.get(CARS), "updated_at", 5)
    monkeypatch.setattr("tests.meilisearch_server.tasks.now", lambda: "no time")
    with pytest.raises(AutomartError) as caught:
        update(engine)
    assert caught.value.code == "search_unavailable"


def test_each_thread_has_a_client_of_its_own(engine: MeilisearchEngine) -> None:
    """The client keeps the headers of the request under way in one dictionary: a GET takes a POST's content type."""
    build(engine, 3)
    clients: list[object] = [engine._server.client, engine._server.client]
    found: list[int] = []

    def ask() -> None:
        clients.append(engine._server.client)
        found.append(len(ids(engine, "corolla")))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3] * 4
    assert len({id(client) for client in clients}) == 5


def test_every_request_begins_with_the_filter_of_the_audience(server: RunningServer, engine: MeilisearchEngine) -> None:
    """Also those whose answers nobody is shown, such as the words that a typo may stand for."""
    build(engine)
    server.routes.bodies.clear()
    dealer = Audience.dealer(document().org_id)
    narrowed = SearchQuery("corola", ListingFilters(make=("toyota",)), facets=tuple(Facet))
    engine.search(narrowed, dealer)
    engine.search(SearchQuery("corola", sort=Sort.DISTANCE, origin=city_point("Multan")), dealer)
    engine.suggest("cor", dealer)
    engine.count(dealer)
    queries = [query for body in server.routes.bodies for query in body.get("queries", [body])]
    asked = [query for query in queries if query["filter"] != [is_any(ID, [ABOUT])]]  # it is no listing
    assert len(asked) > 8
    assert {query["filter"][0] for query in asked} == {compile_filter(filter_of(dealer))}


def test_rebuild_removes_what_a_killed_one_left(server: RunningServer, engine: MeilisearchEngine) -> None:
    build(engine)
    kept = engine.index_id()
    for name in (f"{CARS}_" + "0" * 32, f"{CARS}_mine", "cars_v99", "bicycles"):
        engine._server.wait([engine._server.client.create_index(name)])
    build(engine)
    assert set(engine._server.index_names()) >= {CARS, f"{CARS}_mine", "cars_v99", "bicycles"}
    assert f"{CARS}_" + "0" * 32 not in engine._server.index_names()
    assert engine.previous_id() == kept
    server.routes.store.delete(next(name for name in engine._server.index_names() if len(name) == 40))
    assert engine.previous_id() is None
    with pytest.raises(ConflictError):
        engine.rollback()


def test_changed_settings_and_old_servers_are_reported(server: RunningServer, engine: MeilisearchEngine) -> None:
    build(engine)
    assert engine.settings_problems() == []
    change = {"rankingRules": ["words", "sort"], "typoTolerance": {"disableOnNumbers": False}, "stopWords": []}
    engine._server.wait([engine._server.index(CARS).update_settings(change)])
    assert [problem.split()[2] for problem in engine.settings_problems()] == [
        "rankingRules", "stopWords", "typoTolerance",
    ]  # fmt: skip
    server.routes.version = "1.9.1"
    assert "1.18" in engine.settings_problems()[0]
