"""Service accounts: systems of an organisation, each with a secret that is shown once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.access.permissions import Permission, is_allowed, require
from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Org
from core.db.tables.people import ServiceAccount
from core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from core.security.tokens import new_token, token_digest
from core.text.lines import is_line
from serving.identity.declarations import MANAGE_SERVICE_ACCOUNTS
from serving.identity.logins.authentication import SERVICE_SECRET_PREFIX

_LONGEST_NAME: Final = 60


class ScopeNotHeldError(ForbiddenError):
    """The caller gives a system a permission that the caller does not hold."""

    code = "scope_not_held"

    def __init__(self, scope: str) -> None:
        super().__init__(f"You do not hold the permission {scope!r} in this organisation, so you cannot give it.")


class UnknownScopeError(InvalidInputError):
    """There is no such permission."""

    code = "unknown_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"There is no permission {scope!r}; see the table of permissions.")


class ServiceAccountExistsError(ConflictError):
    """The organisation has or had a service account of this name; the audit trail goes by it, so it is given once."""

    code = "service_account_exists"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a service account {name!r}, or was one that was revoked: choose another name.")


class UnknownServiceAccountError(NotFoundError):
    """The organisation has no such service account."""

    code = "unknown_service_account"

    def __init__(self) -> None:
        super().__init__("The organisation has no service account of this id.")


def add_service_account(
    session: Session, principal: Principal, org: Org, name: str, permissions: Collection[Permission]
) -> tuple[ServiceAccount, str]:
    """Add a service account and return it with its secret, which is shown nowhere again.

    Raises:
        ScopeNotHeldError, ServiceAccountExistsError: as they say. InvalidInputError: an impossible name.
    """
    require(principal, MANAGE_SERVICE_ACCOUNTS, org_id=org.id)
    if not (is_line(name) and len(name) <= _LONGEST_NAME) or not permissions:
        raise InvalidInputError("A service account has a name of 1 to 60 letters on one line and at least one scope.")
    for permission in permissions:
        if not is_allowed(principal, permission, org_id=org.id):
            raise ScopeNotHeldError(permission.name)
    secret = new_token(SERVICE_SECRET_PREFIX)
    scopes = " ".join(sorted(permission.name for permission in permissions))
    statement = insert(ServiceAccount).values(
        org_id=org.id, name=name, scopes=scopes, secret_digest=token_digest(secret), created_by=principal.user_id
    )
    added = session.scalars(
        statement.on_conflict_do_nothing(index_elements=["org_id", "name"]).returning(ServiceAccount)
    ).first()
    if added is None:
        raise ServiceAccountExistsError(name)
    act = Act("service_accounts.add", "service_account", str(added.id), org.id, None, {"name": name, "scopes": scopes})
    record(session, Actor.of(principal), act)
    return added, secret


def list_service_accounts(session: Session, principal: Principal, org: Org) -> list[ServiceAccount]:
    """Return the service accounts of an organisation, revoked ones too, the oldest first."""
    require(principal, MANAGE_SERVICE_ACCOUNTS, org_id=org.id)
    statement = select(ServiceAccount).where(ServiceAccount.org_id == org.id).order_by(ServiceAccount.id)
    return list(session.scalars(statement))


def revoke_service_account(
    session: Session, principal: Principal, org: Org, account_id: UUID, now: datetime
) -> ServiceAccount:
    """Revoke a service account; it holds from the next request on. Revoking again changes nothing.

    Raises:
        UnknownServiceAccountError: the organisation has no account of this id.
    """
    require(principal, MANAGE_SERVICE_ACCOUNTS, org_id=org.id)
    mine = (ServiceAccount.id == account_id, ServiceAccount.org_id == org.id)
    account = session.scalars(select(ServiceAccount).where(*mine).with_for_update()).first()
    if account is None:
        raise UnknownServiceAccountError
    if account.revoked_at is None:
        account.revoked_at = now
        session.flush()
        act = Act("service_accounts.revoke", "service_account", str(account_id), org.id)
        record(session, Actor.of(principal), act)
    return account


def permissions_named(names: Collection[str], known: Collection[Permission]) -> list[Permission]:
    """Return the permissions of these names.

    Raises:
        UnknownScopeError: one of them does not exist.
    """
    by_name = {permission.name: permission for permission in known}
    for name in names:
        if name not in by_name:
            raise UnknownScopeError(name)
    return [by_name[name] for name in dict.fromkeys(names)]
