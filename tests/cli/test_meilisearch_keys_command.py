"""`automart search meilisearch-keys` prints lines for `.env` that the platform then works with."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from core.search.meilisearch import MeilisearchServer
from core.search.meilisearch.rights import missing_actions
from core.settings import load_settings
from tests.meilisearch_server.running import running

MASTER = "a-master-key-of-the-tests"
COMMAND = ["search", "meilisearch-keys"]


def test_printed_lines_are_settings_with_which_everything_may_be_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with running(MASTER) as server:
        monkeypatch.setenv("MEILI_URL", server.url)
        done = CliRunner().invoke(app, COMMAND, input=f"{MASTER}\n")
        assert done.exit_code == 0, done.output
        Path(".env").write_text(done.stdout, encoding="utf-8")
        settings = load_settings()
        assert settings.meili_key is not None
        key = settings.meili_key.get_secret_value()
        assert missing_actions(MeilisearchServer(server.url, key), "listings_v9") == []
        again = CliRunner().invoke(app, [*COMMAND, "--json"], input=MASTER)
        assert json.loads(again.stdout)["platform"] == key
        assert (MASTER in done.output, json.loads(again.stdout)["made"]) == (False, 0)


@pytest.mark.parametrize(
    ("typed", "code"), [("", "master_key_missing"), (" \n", "master_key_missing"), ("\x00\ud800", "master_key_missing"),
                        ("another", "master_key_refused")],
)  # fmt: skip
def test_missing_or_wrong_master_key_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typed: str, code: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with running(MASTER) as server:
        monkeypatch.setenv("MEILI_URL", server.url)
        done = CliRunner().invoke(app, COMMAND, input=typed.encode("utf-8", "surrogatepass"))
    assert (done.exit_code, code in done.stderr) == (2, True), done.output


def test_unset_address_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MEILI_URL", raising=False)
    done = CliRunner().invoke(app, COMMAND, input=MASTER)
    assert "meilisearch_not_configured" in done.stderr
