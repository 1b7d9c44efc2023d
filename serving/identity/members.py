"""Members of an organisation and their roles.

Three rules hold whoever calls: nobody gives a role above their own or outside their own branches, nobody changes their
own role, and an organisation that has an administrator keeps one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.access.permissions import require
from core.access.principal import Membership, Principal
from core.access.roles import EVERYBODYS_ROLES, PLATFORM_ROLES, Role
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Branch, Org
from core.db.tables.people import MembershipBranch, OrgMembership, User
from core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from serving.identity.declarations import MANAGE_MEMBERS, READ_MEMBERS
from serving.identity.errors import LastAdminError

GRANTS: Final = {
    Role.BRANCH_MANAGER: frozenset({Role.SALES_AGENT}),
    Role.ORG_ADMIN: frozenset({Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN}),
    Role.PLATFORM_ADMIN: frozenset({Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN, *PLATFORM_ROLES}),
}
"""The roles that the holder of a role may give and take."""


class UnknownMemberError(NotFoundError):
    """The person is no member of the organisation."""

    code = "unknown_member"

    def __init__(self) -> None:
        super().__init__("This person is no member of the organisation.")


class RoleAboveOwnError(ForbiddenError):
    """The caller may not give or take this role."""

    code = "role_above_own"

    def __init__(self) -> None:
        super().__init__("You can give and take roles below your own, in your own branches.")


class OwnRoleError(ForbiddenError):
    """Nobody changes their own role."""

    code = "own_role"

    def __init__(self) -> None:
        super().__init__("You cannot change your own role: ask another administrator.")


class AlreadyMemberError(ConflictError):
    """The person is a member already."""

    code = "already_member"

    def __init__(self) -> None:
        super().__init__("This person is a member of the organisation already: change the role instead.")


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


def list_members(session: Session, principal: Principal, org: Org) -> list[tuple[User, OrgMembership]]:
    """Return the members of an organisation, the longest-standing first."""
    require(principal, READ_MEMBERS, org_id=org.id)
    statement = (
        select(User, OrgMembership)
        .join(OrgMembership, OrgMembership.user_id == User.id)
        .where(OrgMembership.org_id == org.id)
        .order_by(OrgMembership.id)
    )
    return [(user, membership) for user, membership in session.execute(statement)]


def add_member(session: Session, org: Org, user_id: UUID, grant: Grant, *, granted_by: UUID | None = None) -> UUID:
    """Add a member without a look at rights: for accepted invitations and for operators' commands.

    Raises:
        BadRoleError: the role cannot be held there. AlreadyMemberError. InvalidInputError: an unknown branch.
    """
    check_role(org, grant.role)
    values = {"user_id": user_id, "org_id": org.id, "role": grant.role, "granted_by": granted_by}
    statement = insert(OrgMembership).values(values).on_conflict_do_nothing(index_elements=["user_id", "org_id"])
    row = session.scalars(statement.returning(OrgMembership)).first()
    if row is None:
        raise AlreadyMemberError
    _narrow(session, row, find_branches(session, org, grant.branch_codes))
    return row.id


def change_member(session: Session, principal: Principal, org: Org, user_id: UUID, grant: Grant) -> None:
    """Change the role and the branches of a member.

    Raises:
        UnknownMemberError, OwnRoleError, RoleAboveOwnError, LastAdminError, BadRoleError: as they say.
    """
    row = _locked_member(session, principal, org, user_id)
    check_role(org, grant.role)
    branches = find_branches(session, org, grant.branch_codes)
    check_grant(principal, org, grant.role, branches)
    if row.role == Role.ORG_ADMIN and grant.role != Role.ORG_ADMIN:
        _keep_an_admin(session, org, user_id)
    before = row.role
    row.role = grant.role
    session.flush()
    _narrow(session, row, branches)
    act = Act("members.change", "user", str(user_id), org.id, {"role": before}, {"role": grant.role})
    record(session, Actor.of(principal), act)


def remove_member(session: Session, principal: Principal, org: Org, user_id: UUID) -> None:
    """Remove a member; it holds from the next request on.

    Raises:
        UnknownMemberError, OwnRoleError, RoleAboveOwnError, LastAdminError: as they say.
    """
    row = _locked_member(session, principal, org, user_id)
    if row.role == Role.ORG_ADMIN:
        _keep_an_admin(session, org, user_id)
    session.execute(delete(OrgMembership).where(OrgMembership.id == row.id))
    record(session, Actor.of(principal), Act("members.remove", "user", str(user_id), org.id, {"role": row.role}))


def keep_admins_without(session: Session, user_id: UUID) -> None:
    """Refuse to let a person go who is the last administrator of an organisation; its changes of members take turns.

    Raises:
        LastAdminError: the organisation would be left without one.
    """
    administered = select(OrgMembership.org_id).where(
        OrgMembership.user_id == user_id, OrgMembership.role == Role.ORG_ADMIN
    )
    orgs = select(Org).where(Org.id.in_(administered)).order_by(Org.id).with_for_update(key_share=True)
    for org in session.scalars(orgs).all():
        _keep_an_admin(session, org, user_id)


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


def _locked_member(session: Session, principal: Principal, org: Org, user_id: UUID) -> OrgMembership:
    """Return the membership, with the organisation's row locked: two changes at once take turns."""
    require(principal, MANAGE_MEMBERS, org_id=org.id)
    session.execute(select(Org.id).where(Org.id == org.id).with_for_update(key_share=True))
    found = select(OrgMembership).where(OrgMembership.org_id == org.id, OrgMembership.user_id == user_id)
    row = session.scalars(found.execution_options(populate_existing=True)).first()
    if row is None:
        raise UnknownMemberError
    if user_id == principal.user_id:
        raise OwnRoleError
    narrowed = session.scalars(select(MembershipBranch.branch_id).where(MembershipBranch.membership_id == row.id)).all()
    check_grant(principal, org, Role(row.role), narrowed or None)
    return row


def _keep_an_admin(session: Session, org: Org, leaving: UUID) -> None:
    others = select(func.count()).where(
        OrgMembership.org_id == org.id,
        OrgMembership.role == Role.ORG_ADMIN,
        OrgMembership.user_id != leaving,
        OrgMembership.user_id.in_(select(User.id).where(User.blocked_at.is_(None))),
    )
    if not session.scalar(others):
        raise LastAdminError


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


def _narrow(session: Session, row: OrgMembership, branches: list[UUID] | None) -> None:
    session.execute(delete(MembershipBranch).where(MembershipBranch.membership_id == row.id))
    if branches:
        session.execute(
            insert(MembershipBranch),
            [{"membership_id": row.id, "branch_id": branch, "org_id": row.org_id} for branch in branches],
        )
