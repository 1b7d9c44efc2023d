"""Tell whether what a message says of a lead is still true: it may have waited through a night or an outage."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables.leads import Lead, LeadClock, LeadEvent
from core.db.tables.people import OrgMembership
from core.declarations import MessageAbout, StillTrue
from core.states.leads import CLOSING
from pipelines.leads.log import TOPIC

_ANSWERS = ("reply", "call")


def lead_still_waits(session: Session, message: MessageAbout) -> bool:
    """Tell whether the reader is still concerned, and the lead still waits for what the message asks for.

    `number` is that of the event that it tells of; `owner` that it went to the lead's owner, else to whoever manages;
    `clock` and `step` name the clock that it warns of.
    """
    lead = session.get(Lead, message.subject_id, populate_existing=True)
    facts = message.facts
    if lead is None or lead.state in CLOSING or message.reader_id is None:
        return False
    if not _concerned(session, lead, message.reader_id, owner=bool(facts.get("owner"))):
        return False
    if "clock" in facts:
        return _clock_runs(session, message)
    return not _answered_since(session, lead, int(facts.get("number", 0)))


def _concerned(session: Session, lead: Lead, reader_id: UUID, *, owner: bool) -> bool:
    if owner and lead.owner_id != reader_id:
        return False
    if lead.seller_id == reader_id:
        return True
    held = select(OrgMembership.id).where(OrgMembership.org_id == lead.org_id, OrgMembership.user_id == reader_id)
    return session.scalar(held) is not None


def _clock_runs(session: Session, message: MessageAbout) -> bool:
    """Tell whether a clock runs as it was reported: a warning before its breach, a breach of a time that is over.

    A calendar that was changed since can have moved the time.
    """
    facts = message.facts
    clock = session.get(LeadClock, UUID(facts["clock"]), populate_existing=True)
    if clock is None or clock.ended_at is not None or clock.due_at is None:
        return False
    if str(facts.get("step", "")).startswith("warning_"):
        return clock.breached_at is None
    return clock.due_at <= message.at


def _answered_since(session: Session, lead: Lead, number: int) -> bool:
    found = select(LeadEvent.id).where(LeadEvent.lead_id == lead.id, LeadEvent.number > number)
    return session.scalar(found.where(LeadEvent.kind.in_(_ANSWERS)).limit(1)) is not None


STILL_TRUE = StillTrue(TOPIC, lead_still_waits)
