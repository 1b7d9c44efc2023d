"""`automart search`, as a person and as a script."""

import json
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from cli.search import app
from core.db.session import SessionFactory, transaction
from core.settings import Settings
from tests.factories.listings import add_listing, add_many
from tests.meilisearch_server.running import running


@pytest.fixture
def run(environment: Settings, session_factory: SessionFactory) -> Any:
    """Run a command on the test database; gives exit code, stdout and stderr."""

    def ran(*args: str) -> Any:
        return CliRunner().invoke(app, list(args), catch_exceptions=False)

    return ran


def test_query_sees_what_sync_put_in(run: Any, session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        car = add_listing(session)
        add_listing(session, visibility="private")
        add_listing(session, make="Honda", model="Civic", title="Honda Civic", price_pkr=None)
    assert json.loads(run("sync", "--json").stdout) == {"events": 0, "upserted": 3, "deleted": 0, "rebuilt": True}
    found = json.loads(run("query", "corola", "--city", "lahore", "--price-max", "4000000", "--json").stdout)
    assert (found["total"], [item["id"] for item in found["items"]]) == (1, [str(car)])
    shown = run("query", "").stdout
    assert "2 found" in shown
    assert "Honda Civic" in shown
    assert json.loads(run("status", "--json").stdout) == {
        "live": 3, "live_public": 2, "indexed": 3, "indexed_public": 2, "lag": 0, "lag_seconds": 0.0,
        "settings_problems": [], "previous_id": None, "in_step": True, "batch_seconds": [], "slow_batches": 0,
    }  # fmt: skip
    assert "in step" in run("status").stdout
    assert "3 listings" in run("rebuild").stdout
    assert "0 changes" in run("sync").stdout


@pytest.mark.slow
def test_rebuild_refuses_to_shrink_unless_told_and_is_taken_back(run: Any, session_factory: SessionFactory) -> None:
    assert "no_previous_index" in run("rollback").stderr
    with transaction(session_factory) as session:
        add_many(session, 99)
    run("sync")
    with transaction(session_factory) as session:
        session.execute(text("DELETE FROM listings WHERE source_key LIKE 'many-%' AND row_number > 50"))
        session.execute(text("DELETE FROM outbox_events"))
    refused = run("rebuild")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith("Error (index_shrank): The new index has 51 listings and the present one 100")
    assert "the counts differ" in run("status").stdout
    assert json.loads(run("rebuild", "--accept-shrink", "--json").stdout)["upserted"] == 51
    back = json.loads(run("rollback", "--json").stdout)
    assert (back["lag"], back["sync"]["rebuilt"]) == (0, False)
    assert json.loads(run("status", "--json").stdout)["indexed"] == 100
    assert "51 listings" not in run("rollback").stdout
    assert json.loads(run("status", "--json").stdout)["indexed"] == 51


def test_query_finds_what_was_just_imported_without_a_sync(run: Any, session_factory: SessionFactory) -> None:
    assert json.loads(run("query", "corolla", "--json").stdout)["total"] == 0
    with transaction(session_factory) as session:
        add_listing(session)
    assert json.loads(run("query", "corolla", "--json").stdout)["total"] == 1


def test_impossible_questions_are_refused_in_one_sentence(run: Any) -> None:
    run("sync")
    for args in (("--limit", "0"), ("--price-min", "2", "--price-max", "1")):
        result = run("query", "corolla", *args)
        assert result.exit_code == 2
        assert result.stderr.startswith("Error (invalid_")
        assert result.stderr.count("\n") == 1


def test_status_shows_how_long_the_server_took_and_warns_of_slow_batches(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running("a-master-key-of-the-tests") as server:
        monkeypatch.setenv("MEILI_URL", server.url)
        monkeypatch.setenv("MEILI_KEY", str(server.runbook_key))
        assert run("rebuild").exit_code == 0
        assert "The server took 0.01" in run("status").stdout
        for task in server.routes.tasks.all:
            task["duration"] = "PT1.25S"
        shown = run("status").stdout
        assert "The server took 1.25" in shown
        assert "longer than 1 s. Start the server with --max-indexing-memory" in shown


def test_unreachable_meilisearch_is_told_in_words(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEILI_URL", "http://127.0.0.1:9")
    result = run("status")
    assert (result.exit_code, "search_unavailable" in result.stderr) == (75, True)
