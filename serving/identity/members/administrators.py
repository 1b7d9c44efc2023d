"""Keep an administrator in every organisation that has one."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access.roles import Role
from core.db.tables import Branch, Org
from core.db.tables.people import MembershipBranch, OrgMembership, User
from serving.identity.errors import LastAdminError
from serving.identity.members.grants import Grant


def lock_members(session: Session, org_id: UUID) -> None:
    """Lock an organisation's row: two changes of its members at once take turns."""
    session.execute(select(Org.id).where(Org.id == org_id).with_for_update(key_share=True))


def held_grant(session: Session, membership: OrgMembership) -> tuple[Grant, frozenset[UUID]]:
    """Return what a membership holds, and the ids of the branches that it is narrowed to."""
    narrowed = select(Branch.id, Branch.code).join(MembershipBranch, MembershipBranch.branch_id == Branch.id)
    rows = session.execute(narrowed.where(MembershipBranch.membership_id == membership.id)).all()
    codes, ids = frozenset(row.code for row in rows), frozenset(row.id for row in rows)
    return Grant(Role(membership.role), codes or None), ids


def keep_admins_without(session: Session, user_id: UUID) -> None:
    """Refuse to let a person go who is the last administrator of an organisation; its changes of members take turns.

    Raises:
        LastAdminError: the organisation would be left without one.
    """
    memberships = select(OrgMembership).where(OrgMembership.user_id == user_id, OrgMembership.role == Role.ORG_ADMIN)
    for membership in session.scalars(memberships.order_by(OrgMembership.org_id)).all():
        lock_members(session, membership.org_id)
        keep_an_admin(session, membership, held_grant(session, membership)[0])


def rank_of(grant: Grant) -> int:
    """Order what counts for the last administrator: of the whole organisation, of some branches, none."""
    if grant.role != Role.ORG_ADMIN:
        return 0
    return 1 if grant.branch_codes is not None else 2


def keep_an_admin(session: Session, leaving: OrgMembership, held: Grant) -> None:
    """Raise LastAdminError where nobody else has the rank of an administrator that leaves; the blocked do not count.

    An administrator of some branches does not stand in for one of the whole organisation.
    """
    if not rank_of(held):
        return
    others = select(func.count()).where(
        OrgMembership.org_id == leaving.org_id,
        OrgMembership.role == Role.ORG_ADMIN,
        OrgMembership.user_id != leaving.user_id,
        OrgMembership.user_id.in_(select(User.id).where(User.blocked_at.is_(None))),
    )
    if held.branch_codes is None:
        others = others.where(OrgMembership.id.not_in(select(MembershipBranch.membership_id)))
    if not session.scalar(others):
        raise LastAdminError
