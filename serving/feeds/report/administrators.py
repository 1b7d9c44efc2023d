"""Find the people who are told of a dealer's deliveries."""

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
