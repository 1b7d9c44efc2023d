"""Hand over the open leads of people who leave an organisation, or who do not reach a branch any more."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables.people import MembershipBranch, OrgMembership, User
from core.declarations import Departure
from pipelines.leads.assigning.waiting import assign_waiting, desk_before_leads, open_leads_of, release

LEFT, MOVED = "owner_left", "owner_moved"


def hand_over(session: Session, org_id: UUID, user_id: UUID) -> int:
    """Give the open leads that a person may not have any more to others, in the transaction that takes the role.

    Where nobody is on shift they wait, with the reason. Returns their number.
    """
    session.flush()
    now = utc_now()
    desk_before_leads(session, org_id)
    held, branches = _reach(session, org_id, user_id)
    leads = open_leads_of(session, org_id, user_id)
    gone = [
        lead
        for lead in leads
        if not held or (branches and lead.branch_id is not None and lead.branch_id not in branches)
    ]
    for lead in gone:
        release(session, lead, MOVED if held else LEFT, now)
    if gone:
        assign_waiting(session, org_id, now, most=len(gone), only=[lead.id for lead in gone])
    return len(gone)


def _reach(session: Session, org_id: UUID, user_id: UUID) -> tuple[bool, set[UUID]]:
    """Tell whether a person still works there, and the branches to which that is narrowed; none: to none."""
    membership = session.scalar(
        select(OrgMembership.id)
        .join(User, User.id == OrgMembership.user_id)
        .where(OrgMembership.org_id == org_id, OrgMembership.user_id == user_id, User.blocked_at.is_(None))
    )
    if membership is None:
        return False, set()
    narrowed = select(MembershipBranch.branch_id).where(MembershipBranch.membership_id == membership)
    return True, set(session.scalars(narrowed))


DEPARTURES = (Departure("open leads", hand_over),)
