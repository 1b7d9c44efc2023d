"""`automart dealers` and `automart db`: who may deliver, and where it is kept."""

import json
from collections.abc import Callable

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from cli import db, dealers
from core.db.logins import Login, login_url
from core.db.migrate import head_revision
from core.db.session import SessionFactory
from core.settings import Settings

Run = Callable[..., Result]


@pytest.fixture
def run(session_factory: SessionFactory, environment: Settings) -> Run:
    app = typer.Typer()
    app.add_typer(dealers.app, name="dealers")
    app.add_typer(db.app, name="db")
    return lambda *arguments: CliRunner().invoke(app, arguments)


def listed(run: Run) -> dict[str, dict[str, object]]:
    return {each["code"]: each for each in json.loads(run("dealers", "list", "--json").stdout)}


def test_added_dealer_is_listed_with_its_branches(run: Run, settings: Settings) -> None:
    arguments = ("--name", "Khan Motors", "--mapping", "showroom", "--branch", "dha:DHA Phase 5:Lahore")
    added = run("dealers", "add", "khan-motors", *arguments, "--branch", "clifton:Clifton")
    assert (added.exit_code, added.stderr) == (0, "")
    assert str(settings.inbox / "khan-motors") in added.stdout
    assert listed(run)["khan-motors"] == {
        "code": "khan-motors",
        "name": "Khan Motors",
        "kind": "dealer",
        "default_mapping": "showroom",
        "branches": [
            {"code": "clifton", "name": "Clifton", "city": None},
            {"code": "dha", "name": "DHA Phase 5", "city": "Lahore"},
        ],
    }
    assert "Khan Motors" in run("dealers", "list").stdout


def test_branch_can_be_added_later(run: Run) -> None:
    run("dealers", "add", "khan-motors", "--name", "Khan Motors")
    assert run("dealers", "add-branch", "khan-motors", "dha:DHA").exit_code == 0
    assert run("dealers", "add-branch", "khan-motors", "dha:DHA").exit_code == 2
    assert listed(run)["khan-motors"]["branches"] == [{"code": "dha", "name": "DHA", "city": None}]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("Khan Motors", "--name", "Khan Motors"), "khan-motors"),
        (("classifieds", "--name", "Again"), "already"),
        (("khan-motors", "--name", "Khan", "--mapping", "nope"), "showroom"),
        (("khan-motors", "--name", "Khan", "--branch", "dha"), "CODE:NAME"),
        (("khan-motors", "--name", "Khan", "--branch", "dha:"), "CODE:NAME"),
        (("khan-motors", "--name", "Khan", "--branch", "dha:a", "--branch", "dha:b"), "already"),
    ],
)
def test_wrong_dealers_are_refused_and_not_half_added(run: Run, arguments: tuple[str, ...], says: str) -> None:
    result = run("dealers", "add", *arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert list(listed(run)) == ["classifieds"]


def test_db_upgrade_ends_at_the_newest_schema(run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_OWNER_URL", login_url(database_url, Login.OWNER))
    result = run("db", "upgrade")
    assert result.exit_code == 0
    assert str(head_revision()) in result.stdout


def test_dealer_with_a_mapping_that_does_not_exist_is_not_added(run: Run) -> None:
    refused = run("dealers", "add", "khan", "--name", "Khan", "--mapping", "nope")

    assert refused.exit_code == 2
    assert "nope" in refused.stderr
    assert listed(run).get("khan") is None
