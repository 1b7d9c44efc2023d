"""`automart search token` signs for a visitor or a dealer, and says in words why it does not."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from cli.app import app
from core.access.audience import Audience
from core.db.logins import Login, login_url
from core.db.session import SessionFactory, transaction
from core.db.tables.audit import AuditRecord
from core.search.audience_filter import filter_of
from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from core.search.meilisearch.engine import index_name
from core.search.meilisearch.expressions import compile_filter
from tests.core.search.conftest import document
from tests.factories.listings import dealer
from tests.meilisearch_server.running import running


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str, session_factory: SessionFactory) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUTOMART_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_PIPELINES_URL", login_url(database_url, Login.PIPELINES))
    return lambda *args: CliRunner().invoke(app, ["search", "token", *args])


def test_token_for_a_dealer_searches_as_that_dealer(
    run: Any, monkeypatch: pytest.MonkeyPatch, session_factory: SessionFactory, tmp_path: Path
) -> None:
    with transaction(session_factory) as session:
        khan = dealer(session).id
    with running("a-master-key-of-the-tests") as server:
        monkeypatch.setenv("MEILI_URL", server.url)
        monkeypatch.setenv("MEILI_SEARCH_KEY", server.search_key["key"])
        monkeypatch.setenv("MEILI_SEARCH_KEY_UID", server.search_key["uid"])
        engine = MeilisearchEngine(MeilisearchServer(server.url, server.runbook_key), "listings", tmp_path / "lock")
        mine = document(org_id=khan, visibility="private", channels=("autotrader",))
        with engine.rebuilding() as batch:
            batch.upsert([mine, document(visibility="private", channels=("autotrader",))])
        result = run("--org", "khan-motors", "--expires-in", "24h", "--json")
        assert result.exit_code == 0, result.output
        issued = json.loads(result.stdout)
        assert issued["index"] == index_name("listings")
        app = MeilisearchServer(server.url, issued["token"])
        found = app.multi_search([{"indexUid": issued["index"], "q": ""}])[0]["hits"]
        assert [hit["id"] for hit in found] == [mine.id.hex]
        assert compile_filter(filter_of(Audience.dealer(khan))).count(khan.hex) == 1
        with session_factory() as session:
            assert session.scalars(select(AuditRecord.action)).all() == ["search.issue_token"]
        assert "until" in run("--expires-in", "30m").stdout


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("--expires-in", "forever"), "invalid_expiry"),
        (("--expires-in", "24h"), "meilisearch_not_configured"),
        (("--expires-in", "24h", "--org", "nobody"), "unknown_dealer"),
    ],
)
def test_refusals_are_one_sentence(run: Any, args: tuple[str, ...], code: str) -> None:
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error ({code})")
