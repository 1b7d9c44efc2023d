"""Systems get permissions that their giver holds, and lose them with the next request."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.access.permissions import is_allowed
from core.access.principal import Principal
from core.access.roles import Role
from core.db.tables import Org
from core.db.tables.audit import AuditRecord
from core.errors import ForbiddenError, InvalidInputError
from core.identity.principals import find_by_secret
from core.security.tokens import token_digest
from serving.audit.declarations import READ_AUDIT
from serving.identity.declarations import DECLARATIONS, MANAGE_BRANCHES, MANAGE_SERVICE_ACCOUNTS, READ_MEMBERS
from serving.identity.orgs.service_accounts import (
    ScopeNotHeldError,
    ServiceAccountExistsError,
    UnknownScopeError,
    UnknownServiceAccountError,
    add_service_account,
    list_service_accounts,
    permissions_named,
    revoke_service_account,
)
from tests.serving.identity.conftest import NOW, Person

ADMIN = Role.ORG_ADMIN


def test_secret_is_shown_once_and_finds_the_system(session: Session, khan: Org, other: Org, person: Person) -> None:
    account, secret = add_service_account(session, person(khan, ADMIN), khan, "erp", [READ_MEMBERS])
    row = session.execute(text("SELECT * FROM service_accounts")).mappings().one()
    assert all(secret.encode() not in value for value in row.values() if isinstance(value, bytes))
    system = find_by_secret(session, token_digest(secret))
    assert system is not None
    assert (system.user_id, system.is_anonymous) == (None, False)
    assert is_allowed(system, READ_MEMBERS, org_id=khan.id)
    assert not is_allowed(system, READ_MEMBERS, org_id=other.id)
    assert not is_allowed(system, READ_MEMBERS)
    assert not is_allowed(system, MANAGE_BRANCHES, org_id=khan.id)
    assert find_by_secret(session, token_digest(secret + "x")) is None
    khan.blocked_at = NOW
    session.flush()
    assert find_by_secret(session, token_digest(secret)) is None
    assert account.name == "erp"


def test_revoked_account_is_unknown_and_its_name_stays_taken(session: Session, khan: Org, person: Person) -> None:
    admin = person(khan, ADMIN)
    account, secret = add_service_account(session, admin, khan, "erp", [READ_MEMBERS])
    revoke_service_account(session, admin, khan, account.id, NOW)
    assert find_by_secret(session, token_digest(secret)) is None
    with pytest.raises(ServiceAccountExistsError, match="choose another name"):
        add_service_account(session, admin, khan, "erp", [READ_MEMBERS])
    assert [row.revoked_at is not None for row in list_service_accounts(session, admin, khan)] == [True]


def test_revoking_again_changes_nothing(session: Session, khan: Org, person: Person) -> None:
    admin = person(khan, ADMIN)
    account, _ = add_service_account(session, admin, khan, "erp", [READ_MEMBERS])
    for _ in range(2):
        assert revoke_service_account(session, admin, khan, account.id, NOW).revoked_at == NOW
    revocations = select(func.count()).where(AuditRecord.action == "service_accounts.revoke")
    assert session.scalar(revocations) == 1


def test_account_of_another_organisation_is_unknown(session: Session, khan: Org, other: Org, person: Person) -> None:
    account, secret = add_service_account(session, person(khan, ADMIN), khan, "erp", [READ_MEMBERS])
    stranger = person(other, ADMIN)
    for account_id in (account.id, uuid4()):
        with pytest.raises(UnknownServiceAccountError):
            revoke_service_account(session, stranger, other, account_id, NOW)
    assert find_by_secret(session, token_digest(secret)) is not None


def test_nobody_gives_what_they_do_not_hold(session: Session, khan: Org, other: Org, person: Person) -> None:
    _, secret = add_service_account(session, person(khan, ADMIN), khan, "erp", [MANAGE_SERVICE_ACCOUNTS])
    system = find_by_secret(session, token_digest(secret))
    assert system is not None
    with pytest.raises(ScopeNotHeldError):
        add_service_account(session, system, khan, "second", [READ_AUDIT])
    assert add_service_account(session, system, khan, "second", [MANAGE_SERVICE_ACCOUNTS])
    for stranger in (person(other, ADMIN), person(khan, Role.BRANCH_MANAGER), person(), Principal.anonymous()):
        with pytest.raises(ForbiddenError):
            add_service_account(session, stranger, khan, "third", [READ_MEMBERS])
        with pytest.raises(ForbiddenError):
            list_service_accounts(session, stranger, khan)


def test_administrator_of_some_branches_does_not_act_for_the_whole_organisation(
    session: Session, khan: Org, person: Person
) -> None:
    narrowed = person(khan, ADMIN, "dha")
    with pytest.raises(ForbiddenError):
        add_service_account(session, narrowed, khan, "erp", [READ_MEMBERS])


@pytest.mark.parametrize("name", ["", " erp", "a\nb", "x" * 61])
def test_impossible_names_and_no_scopes_are_refused(session: Session, khan: Org, person: Person, name: str) -> None:
    admin = person(khan, ADMIN)
    with pytest.raises(InvalidInputError):
        add_service_account(session, admin, khan, name, [READ_MEMBERS])
    with pytest.raises(InvalidInputError):
        add_service_account(session, admin, khan, "erp", [])


def test_scopes_are_names_of_permissions() -> None:
    known = DECLARATIONS.permissions
    assert permissions_named(["members.read", "members.read"], known) == [READ_MEMBERS]
    with pytest.raises(UnknownScopeError):
        permissions_named(["members.read", "everything"], known)
