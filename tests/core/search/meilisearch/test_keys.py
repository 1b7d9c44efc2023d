"""The runbook's key is enough for everything, and a key that is not enough is refused before the build."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.access.audience import Audience
from core.errors import AutomartError, PermanentError, RetryableError
from core.search import SearchQuery
from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from core.search.meilisearch.engine import index_name
from core.search.meilisearch.key_making import make_keys, wanted_keys
from core.search.meilisearch.rights import KEY_ACTIONS, missing_actions
from tests.core.search.conftest import document
from tests.meilisearch_server.running import RunningServer, running

MASTER = "a-master-key-of-the-tests"
LISTINGS = index_name("listings")
EVERY_ACTION = [
    "search", "documents.add", "documents.get", "documents.delete", "indexes.create", "indexes.get", "indexes.delete",
    "indexes.swap", "settings.get", "settings.update", "tasks.get", "stats.get",
]  # fmt: skip


@pytest.fixture
def guarded() -> Iterator[RunningServer]:
    with running(MASTER) as server:
        yield server


def make_key(server: RunningServer, **changes: Any) -> str:
    """Make a key as the runbook does, but for the changes."""
    request = urllib.request.Request(
        f"{server.url}/keys",
        data=json.dumps(wanted_keys("listings")[0] | changes).encode(),
        headers={"Authorization": f"Bearer {MASTER}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return str(json.load(answer)["key"])


def engine_with(server: RunningServer, key: str, folder: Path, *, seconds: float = 5) -> MeilisearchEngine:
    return MeilisearchEngine(MeilisearchServer(server.url, key, task_seconds=seconds), "listings", folder / "lock")


def build(engine: MeilisearchEngine, count: int) -> None:
    with engine.rebuilding() as batch:
        batch.upsert([document() for _ in range(count)])
        assert batch.candidate().settings_problems() == []


def test_runbook_key_has_the_actions_that_are_required(guarded: RunningServer) -> None:
    keys = make_keys(guarded.url, MASTER, "listings")
    assert missing_actions(MeilisearchServer(guarded.url, keys.platform), LISTINGS) == []
    apps = MeilisearchServer(guarded.url, keys.apps)
    assert set(missing_actions(apps, LISTINGS)) == set(EVERY_ACTION) - {"search"}


def test_keys_are_made_once_for_each_name_of_indexes(guarded: RunningServer) -> None:
    first, again = (make_keys(guarded.url, MASTER, "listings") for _ in range(2))
    assert (first.made, again.made) == (2, 0)
    assert (first.platform, first.apps, first.apps_uid) == (again.platform, again.apps, again.apps_uid)
    assert make_keys(guarded.url, MASTER, "cars").platform != first.platform
    with pytest.raises(PermanentError) as caught:
        make_keys(guarded.url, first.platform, "listings")
    assert caught.value.code == "master_key_refused"


@pytest.mark.slow
def test_runbook_key_is_enough_from_an_empty_server_to_a_rollback(guarded: RunningServer, tmp_path: Path) -> None:
    engine = engine_with(guarded, make_key(guarded), tmp_path)
    assert engine.index_id() is None
    build(engine, 2)
    first = engine.index_id()
    build(engine, 5)
    assert (engine.document_count(), engine.previous_id()) == (5, first)
    with engine.updating() as batch:
        batch.upsert([document(make="Honda", model="Civic")])
        batch.delete([document().id])
    assert engine.search(SearchQuery("honda civic"), Audience.anonymous()).total == 1
    assert engine.search(SearchQuery("hnda"), Audience.anonymous()).total == 1
    assert engine.suggest("hon", Audience.anonymous())[0].value == "Honda"
    assert engine.settings_problems() == []
    assert (engine.rollback(), engine.document_count()) == (first, 2)
    build(engine, 3)
    assert len(engine._server.index_names()) == 2


def test_server_upgraded_under_a_running_platform_goes_on_answering_and_filling(
    guarded: RunningServer, tmp_path: Path
) -> None:
    """A key with `version`, made when that was allowed, lives on where the server no longer lets it ask."""
    old = wanted_keys("listings")[0] | {"indexes": ["*"], "actions": [*KEY_ACTIONS, "version"]}
    key = guarded.routes.keys.make(old)
    guarded.routes.version = "1.18.0"
    engine = engine_with(guarded, key["key"], tmp_path)
    build(engine, 2)
    key["indexes"], guarded.routes.version = ["listings*"], "1.50.0"
    assert engine._server.version() is None
    with engine.updating() as batch:
        batch.upsert([document(make="Honda", model="Civic")])
    assert (engine.settings_problems(), engine.document_count()) == ([], 3)
    build(engine, 4)
    assert engine.search(SearchQuery(""), Audience.anonymous()).total == 4


@pytest.mark.parametrize("lacking", [["documents.delete"], ["indexes.swap", "stats.get"], ["search"], ["tasks.get"]])
def test_key_that_lacks_actions_is_refused_before_the_build_with_their_names(
    guarded: RunningServer, tmp_path: Path, lacking: list[str]
) -> None:
    key = make_key(guarded, actions=[action for action in EVERY_ACTION if action not in lacking])
    with pytest.raises(PermanentError, match=f"lacks the actions {', '.join(lacking)}\\.") as caught:
        build(engine_with(guarded, key, tmp_path), 1)
    assert caught.value.code == "search_key_refused"
    assert guarded.routes.tasks.all == []


@pytest.mark.parametrize("action", EVERY_ACTION)
def test_each_action_is_missed_by_its_own_name(guarded: RunningServer, action: str) -> None:
    key = make_key(guarded, actions=[one for one in EVERY_ACTION if one != action])
    assert missing_actions(MeilisearchServer(guarded.url, key), LISTINGS) == [action]
    assert guarded.routes.tasks.all == []


def test_key_for_other_indexes_is_refused_before_the_build(guarded: RunningServer, tmp_path: Path) -> None:
    with pytest.raises(
        PermanentError, match=rf"on the indexes {LISTINGS}\* it lacks the actions search, doc"
    ) as caught:
        build(engine_with(guarded, make_key(guarded, indexes=["cars*"]), tmp_path), 1)
    assert caught.value.code == "search_key_refused"
    assert guarded.routes.tasks.all == []


def test_server_error_while_rights_are_tried_is_a_retryable_error(guarded: RunningServer, tmp_path: Path) -> None:
    engine = engine_with(guarded, make_key(guarded), tmp_path)
    guarded.routes.refusals.append(503)
    with pytest.raises(RetryableError):
        build(engine, 1)


@pytest.mark.parametrize("others", [0, 2])
@pytest.mark.slow
def test_exchange_that_fails_in_a_hidden_task_raises_and_changes_nothing(
    guarded: RunningServer, tmp_path: Path, others: int
) -> None:
    engine = engine_with(guarded, make_key(guarded), tmp_path)
    if others:
        build(engine, others)
    before = engine.index_id()
    guarded.routes.tasks.fail_next("indexSwap", "internal")
    with pytest.raises(AutomartError) as caught:
        build(engine, 4)
    assert caught.value.code == "index_exchange_failed"
    assert engine.index_id() == before
    build(engine, 3)
    assert engine.document_count() == 3


@pytest.mark.slow
def test_exchange_that_takes_too_long_in_a_hidden_task_names_the_task(guarded: RunningServer, tmp_path: Path) -> None:
    engine = engine_with(guarded, make_key(guarded), tmp_path, seconds=0.3)
    build(engine, 2)
    real = engine._server.client.swap_indexes

    def slow(pairs: object) -> object:
        guarded.routes.tasks.hold()
        return real(pairs)  # type: ignore[arg-type]

    engine._server.client.swap_indexes = slow  # type: ignore[method-assign, assignment]
    with pytest.raises(RetryableError, match=r"/tasks/\d+") as caught:
        build(engine, 7)
    assert caught.value.code == "index_task_pending"
    guarded.routes.tasks.go_on()
    engine._server.wait_for_earlier(LISTINGS)
    assert engine.document_count() == 7
