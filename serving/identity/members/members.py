"""Members of an organisation and their roles.

Three rules hold whoever calls: nobody gives a role above their own or outside their own branches, nobody changes their
own role, and an organisation that has an administrator keeps one.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.access.permissions import require
from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Org
from core.db.tables.people import MembershipBranch, OrgMembership, User
from core.errors import ConflictError, ForbiddenError, NotFoundError
from serving.identity.declarations import MANAGE_MEMBERS, READ_MEMBERS
from serving.identity.members.administrators import held_grant, keep_an_admin, lock_members, rank_of
from serving.identity.members.departures import hand_over
from serving.identity.members.grants import Grant, check_grant, check_role, find_branches


class UnknownMemberError(NotFoundError):
    """The person is no member of the organisation."""

    code = "unknown_member"

    def __init__(self) -> None:
        super().__init__("This person is no member of the organisation.")


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


def change_member(
    session: Session, principal: Principal, org: Org, user_id: UUID, change: Callable[[Grant], Grant]
) -> None:
    """Change the role and the branches of a member, from those held now to those that `change` makes of them.

    What is held is read under the lock: of two changes at once, each of one field, both are kept.

    Raises:
        UnknownMemberError, OwnRoleError, RoleAboveOwnError, LastAdminError, BadRoleError: as they say.
    """
    row, before = _locked_member(session, principal, org, user_id)
    grant = change(before)
    check_role(org, grant.role)
    branches = find_branches(session, org, grant.branch_codes)
    check_grant(principal, org, grant.role, branches)
    if rank_of(grant) < rank_of(before):
        keep_an_admin(session, row, before)
    row.role = grant.role
    session.flush()
    _narrow(session, row, branches)
    hand_over(session, org.id, user_id)
    act = Act("members.change", "user", str(user_id), org.id, before.facts(), grant.facts())
    record(session, Actor.of(principal), act)


def remove_member(session: Session, principal: Principal, org: Org, user_id: UUID) -> None:
    """Remove a member; it holds from the next request on.

    Raises:
        UnknownMemberError, OwnRoleError, RoleAboveOwnError, LastAdminError: as they say.
    """
    row, held = _locked_member(session, principal, org, user_id)
    keep_an_admin(session, row, held)
    session.execute(delete(OrgMembership).where(OrgMembership.id == row.id))
    hand_over(session, org.id, user_id)
    record(session, Actor.of(principal), Act("members.remove", "user", str(user_id), org.id, held.facts()))


def _locked_member(session: Session, principal: Principal, org: Org, user_id: UUID) -> tuple[OrgMembership, Grant]:
    """Return the membership and what it holds, with the members locked against other changes."""
    require(principal, MANAGE_MEMBERS, org_id=org.id)
    lock_members(session, org.id)
    found = select(OrgMembership).where(OrgMembership.org_id == org.id, OrgMembership.user_id == user_id)
    row = session.scalars(found.execution_options(populate_existing=True)).first()
    if row is None:
        raise UnknownMemberError
    if user_id == principal.user_id:
        raise OwnRoleError
    held, branches = held_grant(session, row)
    check_grant(principal, org, held.role, branches or None)
    return row, held


def _narrow(session: Session, row: OrgMembership, branches: list[UUID] | None) -> None:
    session.execute(delete(MembershipBranch).where(MembershipBranch.membership_id == row.id))
    if branches:
        session.execute(
            insert(MembershipBranch),
            [{"membership_id": row.id, "branch_id": branch, "org_id": row.org_id} for branch in branches],
        )
