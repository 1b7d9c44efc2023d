"""The sweep for a real Meilisearch: kills end level, a difference is told, and what cannot be done is skipped."""

from pathlib import Path

import pytest
from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from tests.factories.listings import add_many
from tests.meilisearch_server import sweep
from tests.meilisearch_server.kills import kill_while_filling
from tests.meilisearch_server.running import running


def test_server_that_is_away_for_a_while_is_filled_again_and_a_difference_is_told(
    session_factory: SessionFactory, tmp_path: Path
) -> None:
    with transaction(session_factory) as session:
        add_many(session, 30)
    with running() as server:
        engine = MeilisearchEngine(MeilisearchServer(server.url, None), "cars", tmp_path / "lock")
        away = lambda: server.routes.refusals.extend([503] * 8)  # noqa: E731
        assert kill_while_filling(session_factory, engine, away, kills=2, seed=3) == []
        with engine.updating() as batch, transaction(session_factory) as session:
            batch.delete(session.scalars(text("SELECT id FROM listings WHERE status = 'live' LIMIT 1")))
        assert kill_while_filling(session_factory, engine, away, kills=0, seed=3) != []


def test_sweep_without_a_server_says_that_it_is_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MEILI_URL", raising=False)
    monkeypatch.setattr("sys.argv", ["sweep"])
    sweep.main()
    assert "Skipped: MEILI_URL is not set" in capsys.readouterr().out


def test_sweep_replays_the_recording_on_an_empty_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "master").write_text("a-master-key-of-the-tests\n")
    with running("a-master-key-of-the-tests") as server:
        empty = MeilisearchServer(server.url, server.runbook_key)
        assert sweep._replay(server.url, empty, tmp_path / "master")
        assert "0 answers differ" in capsys.readouterr().out
        assert sweep._replay(server.url, empty, tmp_path / "master")
        assert "skipped, the server has indexes" in capsys.readouterr().out
