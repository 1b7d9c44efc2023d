"""Find the administrators of an organisation, who are notified of what happens to it."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.roles import Role
from core.db.tables.people import OrgMembership, User


def administrators_of(session: Session, org_id: UUID) -> Iterable[User]:
    """Return the administrators of an organisation, once each, in the order of their ids."""
    people = (
        select(User)
        .join(OrgMembership, OrgMembership.user_id == User.id)
        .where(OrgMembership.org_id == org_id, OrgMembership.role == Role.ORG_ADMIN)
        .order_by(User.id)
    )
    return session.scalars(people).unique()


def is_administrator(session: Session, org_id: UUID, user_id: UUID) -> bool:
    """Tell whether a person administers an organisation."""
    member = select(OrgMembership.id).filter_by(org_id=org_id, user_id=user_id, role=Role.ORG_ADMIN)
    return session.scalar(member.limit(1)) is not None
