"""Hand over what people who leave an organisation, or a branch of it, may not have any more: as domains declare it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables.people import OrgMembership
from core.declarations import gather_declarations


def hand_over(session: Session, org_id: UUID, user_id: UUID) -> None:
    """Let every domain hand over what it has of a person in an organisation, in the caller's transaction."""
    for declared in gather_declarations().values():
        for departure in declared.departures:
            departure.hand_over(session, org_id, user_id)


def hand_over_everywhere(session: Session, user_id: UUID) -> None:
    """Do the same in every organisation of a person who was locked out."""
    held = select(OrgMembership.org_id).where(OrgMembership.user_id == user_id).order_by(OrgMembership.org_id)
    for org_id in session.scalars(held).all():
        hand_over(session, org_id, user_id)
