"""Roles that people may give, and what a member is granted: a role, in all branches or in some."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Membership, Principal
from core.access.roles import EVERYBODYS_ROLES, PLATFORM_ROLES, Role
from core.db.tables import Branch, Org
from core.errors import ForbiddenError, InvalidInputError

GRANTS: Final = {
    Role.BRANCH_MANAGER: frozenset({Role.SALES_AGENT}),
    Role.ORG_ADMIN: frozenset({Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN}),
    Role.PLATFORM_ADMIN: frozenset({Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN, *PLATFORM_ROLES}),
}
"""The roles that the holder of a role may give and take."""


class RoleAboveOwnError(ForbiddenError):
    """The caller may not give or take this role."""

    code = "role_above_own"

    def __init__(self) -> None:
        super().__init__("You can give and take roles below your own, in your own branches.")


class BadRoleError(InvalidInputError):
    """The role cannot be held in this organisation."""

    code = "bad_role"

    def __init__(self) -> None:
        super().__init__("This role cannot be held in this organisation.")


@dataclass(frozen=True)
class Grant:
    """A role, narrowed to branches by their codes; None: all branches."""

    role: Role
    branch_codes: frozenset[str] | None = None

    def facts(self) -> dict[str, object]:
        """Return the facts of a grant for the audit trail."""
        return {"role": self.role, "branches": None if self.branch_codes is None else sorted(self.branch_codes)}


def check_role(org: Org, name: str) -> Role:
    """Return the role of this name; raise BadRoleError unless it can be held in this kind of organisation."""
    role = Role(name) if name in set(Role) else None
    if role is None or role in EVERYBODYS_ROLES or (role in PLATFORM_ROLES) != (org.kind == "platform"):
        raise BadRoleError
    return role


def check_grant(principal: Principal, org: Org, role: Role, branches: Collection[UUID] | None) -> None:
    """Raise RoleAboveOwnError unless the caller holds a role that may give this one in these branches."""
    for held in principal.memberships:
        if role in GRANTS.get(held.role, frozenset()) and _reaches(held, org, branches):
            return
    raise RoleAboveOwnError


def _reaches(held: Membership, org: Org, branches: Collection[UUID] | None) -> bool:
    if held.role in PLATFORM_ROLES:
        return True
    if held.org_id != org.id:
        return False
    return held.branch_ids is None or (branches is not None and held.branch_ids.issuperset(branches))


def find_branches(session: Session, org: Org, codes: frozenset[str] | None) -> list[UUID] | None:
    """Return the ids of an organisation's branches by their codes; None, for all of them, where none are named.

    Raises:
        InvalidInputError: code `bad_branch`: no code is given, or one that the organisation has not.
    """
    if codes is None:
        return None
    if not codes:
        raise InvalidInputError(
            "Name at least one branch, or leave the branches out for all of them.", code="bad_branch"
        )
    found = session.execute(select(Branch.code, Branch.id).where(Branch.org_id == org.id, Branch.code.in_(codes)))
    known = {row.code: row.id for row in found}
    if missing := sorted(codes - set(known)):
        raise InvalidInputError(f"There is no branch {', '.join(map(repr, missing))} in {org.code}.", code="bad_branch")
    return list(known.values())
