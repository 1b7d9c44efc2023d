"""Change how an organisation works with leads, and move the open clocks in the same transaction."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.tables.leads import Lead, LeadClock, LeadDesk
from pipelines.leads.clock_store import sync_clocks
from pipelines.leads.desk import stored_desk

Part = Literal["calendar", "policies", "rules"]


def stored_part(session: Session, org_id: UUID, part: Part) -> Any:  # noqa: ANN401  (the JSON that is stored)
    """Return what an organisation has stored; None where our own default holds."""
    return session.scalar(select(getattr(LeadDesk, part)).where(LeadDesk.org_id == org_id))


def store_part(session: Session, org_id: UUID, part: Part, value: Any, now: datetime) -> int:  # noqa: ANN401
    """Store one part of a desk that the caller has locked (`lock_desk`), and return how many leads' clocks it moved.

    Due times, warnings and timers of open clocks follow, with their pauses; those that have ended are left alone.
    Rules of assignment move no clock.
    """
    values = {part: value, "changed_at": now}
    added = insert(LeadDesk).values(org_id=org_id, **values)
    session.execute(added.on_conflict_do_update(index_elements=["org_id"], set_=values))
    return 0 if part == "rules" else move_open_clocks(session, org_id)


def move_open_clocks(session: Session, org_id: UUID) -> int:
    """Compute every open clock of an organisation anew by its desk as it is now."""
    desk = stored_desk(session, org_id)
    # A lead without an open clock may get one, where the promise is new: all that are not closed are looked at.
    open_clock = exists().where(LeadClock.lead_id == Lead.id, LeadClock.ended_at.is_(None))
    unclosed = Lead.state.not_in(("won", "lost", "spam", "merged"))
    query = select(Lead).where(Lead.org_id == org_id, Lead.seller_id.is_(None), open_clock | unclosed)
    leads = session.scalars(query.order_by(Lead.id).with_for_update()).all()
    for lead in leads:
        sync_clocks(session, lead, desk)
    return len(leads)
