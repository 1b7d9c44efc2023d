"""`automart pii`: erasing, replaying, rotating and listing by command."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from cli.app import app
from core.db.session import SessionFactory
from core.db.tables.audit import AuditRecord
from core.security.keyring import parse_keyring
from core.settings import Settings, child_environment

Run = Callable[..., Result]


@pytest.fixture
def run(session_factory: SessionFactory, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in child_environment(settings).items():
        monkeypatch.setenv(name, value)
    return lambda *arguments, **options: CliRunner().invoke(app, [*arguments], **options)


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_person_is_erased_by_phone_and_not_found_again(run: Run) -> None:
    assert run("identity", "add-user", "--phone", "0300 1234567", "--email", "ali@example.pk").exit_code == 0
    counts = answer(run("pii", "erase", "+92-300-1234567", "--yes", "--json"))["counts"]
    assert (counts["identity"]["contacts"], counts["identity"]["person"]) == (2, 1)
    again = run("pii", "erase", "03001234567", "--yes")
    assert (again.exit_code, "unknown_person" in again.stderr) == (2, True)
    assert answer(run("pii", "replay", "--json")) == {"listed": 1, "replayed": 0, "finished": 0}


def test_erasure_asks_first(run: Run) -> None:
    run("identity", "add-user", "--phone", "0300 1234567")
    assert run("pii", "erase", "03001234567", input="n\n").exit_code == 1
    assert "identity" in run("pii", "erase", "03001234567", input="y\n").stdout


def test_last_administrator_is_refused(run: Run) -> None:
    run("identity", "add-org", "khan-motors")
    run("identity", "add-user", "--phone", "0300 1234567")
    assert run("identity", "grant", "03001234567", "org_admin", "--org", "khan-motors").exit_code == 0
    refused = run("pii", "erase", "03001234567", "--yes")
    assert (refused.exit_code, "last_admin" in refused.stderr) == (2, True)


def test_rotation_with_given_keys_says_what_to_do(run: Run) -> None:
    run("identity", "add-user", "--phone", "0300 1234567")
    refused = run("pii", "rotate")
    assert (refused.exit_code, "no_new_key" in refused.stderr) == (2, True)
    assert "make it active, restart every process" in refused.stderr


def test_rotation_with_a_new_key_is_recorded(
    run: Run, settings: Settings, session_factory: SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("identity", "add-user", "--phone", "0300 1234567")
    assert settings.sealing_keys is not None
    old = parse_keyring(settings.sealing_keys.get_secret_value())
    monkeypatch.setenv("SEALING_KEYS", old.with_new_key().to_json())
    told = answer(run("pii", "rotate", "--json"))
    with session_factory() as session:
        last = session.scalars(select(AuditRecord).order_by(AuditRecord.id.desc())).first()
    assert last is not None
    assert (last.action, last.subject_id) == ("personal_data.rotate_keys", told["master_key"])


def test_columns_are_listed_by_domain(run: Run) -> None:
    rows = answer(run("pii", "columns", "--json"))
    assert {
        "domain": "identity",
        "column": "user_contacts.sealed",
        "holds": "phone number or e-mail address",
        "kept": "sealed",
        "about": "person",
    } in rows
    assert "user_contacts.sealed" in run("pii", "columns").stdout
