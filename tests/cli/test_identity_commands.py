"""`automart identity`: organisations, people, roles, development tokens and sessions by command."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from cli.app import app
from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory
from core.db.tables.audit import AuditRecord
from core.identity.principals import find_by_session
from core.identity.tokens.verify import verify_access_token
from core.security.platform_keys import open_keys
from core.settings import Settings, child_environment
from serving.identity.logins.issuer import EmbeddedIssuer

Run = Callable[..., Result]


@pytest.fixture
def run(session_factory: SessionFactory, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in child_environment(settings).items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(app, ["identity", *arguments])


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def add_person(run: Run, *, phone: str = "0300-1234567") -> str:
    user: str = answer(run("add-user", "--phone", phone, "--json"))["user"]
    return user


@pytest.fixture
def dealer(run: Run) -> str:
    assert run("add-org", "khan-motors", "--name", "Khan Motors").exit_code == 0
    assert run("add-branch", "khan-motors", "dha:DHA Phase 5:Lahore").exit_code == 0
    return "khan-motors"


def test_all_spellings_of_a_number_are_one_person(run: Run) -> None:
    first = add_person(run)
    for spelling in ("+92 300 1234567", "0092-300-1234567", "۰۳۰۰۱۲۳۴۵۶۷"):
        assert add_person(run, phone=spelling) == first


def test_second_contact_is_added_to_the_person_of_the_first(run: Run) -> None:
    user = add_person(run)
    both = run("add-user", "--phone", "03001234567", "--email", "Ayesha@Example.org", "--json")
    assert answer(both) == {"user": user}
    assert add_person_by_email(run) == user


def add_person_by_email(run: Run) -> str:
    user: str = answer(run("add-user", "--email", "ayesha@example.org", "--json"))["user"]
    return user


def test_contacts_of_two_persons_are_not_made_one(run: Run) -> None:
    add_person(run)
    add_person_by_email(run)
    refused = run("add-user", "--phone", "03001234567", "--email", "ayesha@example.org")
    assert (refused.exit_code, "contact_taken" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("add-user",), "no_contact"),
        (("add-user", "--phone", "12"), "bad_phone"),
        (("grant", "03009999999", "org_admin", "--org", "khan-motors"), "unknown_person"),
        (("grant", "03001234567", "org_admin", "--org", "nowhere"), "unknown_dealer"),
        (("grant", "03001234567", "buyer", "--org", "khan-motors"), "needless_grant"),
        (("grant", "03001234567", "moderator", "--org", "khan-motors"), "bad_role"),
        (("grant", "03001234567", "sales_agent", "--org", "khan-motors", "--branch", "x"), "bad_branch"),
        (("sessions", "nobody@example.org"), "unknown_person"),
        (("token", "no number"), "unknown_person"),
        (("revoke", str(uuid4())), "unknown_person"),
        (("revoke", "03001234567", "--session", str(uuid4())), "unknown_session"),
        (("add-org", "x-org", "--kind", "bank"), "invalid_input"),
        (("add-branch", "khan-motors", "dha"), "bad_branch"),
    ],
)
def test_mistake_is_one_sentence_with_a_code(run: Run, dealer: str, arguments: tuple[str, ...], code: str) -> None:
    add_person(run)
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error ({code}): ")
    assert len(result.stderr.splitlines()) == 1


def test_granted_role_is_that_of_the_token(run: Run, dealer: str, settings: Settings, session_factory) -> None:
    user = add_person(run)
    granted = answer(run("grant", "0300 1234567", "branch_manager", "--org", dealer, "--branch", "dha", "--json"))
    assert granted == {"user": user, "org": dealer, "role": "branch_manager", "branches": ["dha"], "new": True}
    token = run("token", user).stdout.strip()
    issuer = EmbeddedIssuer(open_keys(settings))
    claims = verify_access_token(token, issuer.verifying_keys(), issuer.rules, utc_now())
    assert claims.subject == user
    made = answer(run("token", user, "--json"))
    with session_factory() as session:
        found = find_by_session(session, made["user"], made["session"], utc_now())
    assert found is not None
    held = found.principal.memberships
    assert [(each.org_code, each.role, len(each.branch_ids or ())) for each in held] == [
        (dealer, Role.BRANCH_MANAGER, 1)
    ]


def test_second_grant_replaces_the_first_and_is_audited(run: Run, dealer: str, session_factory) -> None:
    user = add_person(run)
    run("grant", user, "sales_agent", "--org", dealer)
    assert answer(run("grant", user, "org_admin", "--org", dealer, "--by", "sana", "--json"))["new"] is False
    with session_factory() as session:
        rows = session.scalars(select(AuditRecord).where(AuditRecord.subject_id == user).order_by(AuditRecord.id)).all()
    assert [(row.action, (row.after or {}).get("role")) for row in rows][1:] == [
        ("members.add", "sales_agent"),
        ("members.change", "org_admin"),
    ]
    assert rows[-1].actor == "automart identity by sana"


def test_last_administrator_is_not_demoted_by_command_either(run: Run, dealer: str) -> None:
    user = add_person(run)
    run("grant", user, "org_admin", "--org", dealer)
    refused = run("grant", user, "sales_agent", "--org", dealer)
    assert (refused.exit_code, "last_admin" in refused.stderr) == (2, True)


def test_sessions_are_listed_and_ended(run: Run) -> None:
    user = add_person(run)
    made = [answer(run("token", user, "--json"))["session"] for _ in range(3)]
    listed = answer(run("sessions", "03001234567", "--json"))
    assert {each["id"] for each in listed} == set(made)
    assert answer(run("revoke", user, "--session", made[0], "--json")) == {"user": user, "ended": 1}
    assert answer(run("revoke", user, "--json")) == {"user": user, "ended": 2}
    assert answer(run("sessions", user, "--json")) == []


def test_development_token_is_refused_beside_an_outside_issuer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    user = add_person(run)
    monkeypatch.setenv("OIDC_ISSUER", "https://login.example.org/realms/automart")
    refused = run("token", user, "--json")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith("Error (outside_issuer): ")
