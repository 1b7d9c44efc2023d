"""`automart feeds suggest`, `save-mapping`, `sources`, `pull` and `automart dealers upload-token`."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from cli import dealers, feeds
from core.db.session import SessionFactory
from core.db.tables.people import ServiceAccount
from core.security.tokens import token_digest
from core.settings import Settings
from core.storage import Storage
from serving.identity.logins.authentication import SERVICE_SECRET_PREFIX

Run = Callable[..., Result]
OWNER = ("--dealer", "khan-motors")
STOCK = "Stock No,Make,Model,Year,Demand\nK1,Toyota,Corolla,2018,45 lacs\nK2,Honda,Civic,2019,52 lacs\n"


@pytest.fixture
def run(session_factory: SessionFactory, environment: Settings) -> Run:
    app = typer.Typer()
    app.add_typer(dealers.app, name="dealers")
    app.add_typer(feeds.app, name="feeds")
    runner = CliRunner()
    runner.invoke(app, ["dealers", "add", "khan-motors", "--name", "Khan Motors", "--mapping", "showroom"])
    return lambda *arguments: runner.invoke(app, arguments)


@pytest.fixture
def stock(tmp_path: Path) -> Path:
    file = tmp_path / "stock.csv"
    file.write_text(STOCK)
    return file


def test_suggestion_is_saved_used_and_corrected(run: Run, stock: Path, tmp_path: Path, storage: Storage) -> None:
    shown = run("feeds", "suggest", str(stock))
    assert shown.exit_code == 0
    assert tomllib.loads(shown.stdout)["columns"]["price"] == ["Demand"]
    assert "header 'Demand' means price" in shown.stdout
    assert "delivery is partial" in shown.stderr
    assert list(storage.keys("mappings")) == []
    saved = run("feeds", "suggest", str(stock), "--save", "khan.toml", *OWNER, "--json")
    assert saved.exit_code == 0
    assert json.loads(saved.stdout)["choices"][0]["field"] == "key"
    tried = run("feeds", "import", str(stock), "--dealer", "khan-motors", "--mapping", "khan", "--json")
    assert json.loads(tried.stdout)["created"] == 2
    listed = [json.loads(run("feeds", "mappings", *of, "--json").stdout) for of in ((), OWNER)]
    assert ["khan" in [each["name"] for each in each_list] for each_list in listed] == [False, True]
    edited = tmp_path / "khan.toml"
    edited.write_text(json.loads(saved.stdout)["mapping"].replace('"partial"', '"full"'))
    refused = run("feeds", "save-mapping", str(edited), *OWNER)
    assert (refused.exit_code, "raise the version" in refused.stderr) == (2, True)
    edited.write_text(edited.read_text().replace("version = 1", "version = 2"))
    assert run("feeds", "save-mapping", str(edited), *OWNER, "--default").exit_code == 0
    again = run("feeds", "import", str(stock), "--dealer", "khan-motors", "--json")
    assert json.loads(again.stdout)["unchanged"] == 2  # by its default mapping now
    run("dealers", "add", "other", "--name", "Other", "--mapping", "showroom")
    foreign = run("feeds", "import", str(stock), "--dealer", "other", "--mapping", "khan")
    assert (foreign.exit_code, "There is no mapping 'khan'" in foreign.stderr) == (2, True)


def test_file_without_cars_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    for arguments, says in (((str(tmp_path / "a.csv"),), "no_key"), ((str(tmp_path / "gone.csv"),), "unreadable")):
        result = run("feeds", "suggest", *arguments)
        assert (result.exit_code, says in result.stderr, result.stdout) == (2, True, "")


def test_sources_are_added_listed_pulled_and_removed(run: Run) -> None:
    url = "https://127.0.0.1/stock.csv?key=s3cret"
    assert run("feeds", "sources", "add", url, "--dealer", "khan-motors").exit_code == 0
    again = run("feeds", "sources", "add", url, "--dealer", "khan-motors")
    assert (again.exit_code, "s3cret" in again.stderr) == (2, False)
    pulled = run("feeds", "pull", "--json")
    assert pulled.exit_code == 1
    assert json.loads(pulled.stdout)["failed"] == 1
    [row] = json.loads(run("feeds", "sources", "list", "--json").stdout)
    assert (row["url"], row["failures"]) == ("https://127.0.0.1/stock.csv?…", 1)
    assert "not public" in row["last_error"]
    assert "s3cret" not in run("feeds", "sources", "list").stdout + run("feeds", "pull").stdout
    assert run("feeds", "sources", "remove", row["source_id"]).exit_code == 0
    assert json.loads(run("feeds", "sources", "list", "--json").stdout) == []
    assert run("feeds", "sources", "remove", row["source_id"]).exit_code == 2
    assert run("feeds", "pull").exit_code == 0


def test_impossible_source_says_what_would_be_right(run: Run) -> None:
    for url, says in (("http://x.example/", "https://"), ("https://a:b@x.example/", "FEED_PULL_CREDENTIALS")):
        result = run("feeds", "sources", "add", url, "--dealer", "khan-motors")
        assert (result.exit_code, says in result.stderr) == (2, True)


def test_upload_token_is_shown_once_and_can_be_ended(run: Run, session_factory: SessionFactory) -> None:
    def digests() -> list[bytes]:
        with session_factory() as session:
            live = select(ServiceAccount.secret_digest).where(ServiceAccount.revoked_at.is_(None))
            return list(session.scalars(live.order_by(ServiceAccount.id)))

    first, second = (run("dealers", "upload-token", "khan-motors").stdout.strip() for _ in range(2))
    assert first.startswith(SERVICE_SECRET_PREFIX)
    assert digests() == [token_digest(first), token_digest(second)]
    third = json.loads(run("dealers", "upload-token", "khan-motors", "--replace", "--json").stdout)
    assert (third["revoked"], digests()) == (2, [token_digest(third["token"])])
    ended = run("dealers", "upload-token", "khan-motors", "--revoke")
    assert (ended.exit_code, ended.stdout, digests()) == (0, "", [])
    assert run("dealers", "upload-token", "nobody").exit_code == 2
