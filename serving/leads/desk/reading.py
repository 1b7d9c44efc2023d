"""Read one lead with its timeline: the desk all of it, a buyer what the two sides said."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.leads import Lead, LeadClock, LeadEvent
from core.db.tables.people import UserContact
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from serving.leads.access import refuse_lead
from serving.leads.declarations import READ_LEADS
from serving.leads.desk.listing import views_of
from serving.leads.policies import BUYER_SEES, FOR_BUYER
from serving.leads.views import OpenedLead, contact_of, email_of, event_view, load_keys
from serving.listings.management.access import may_handle

_MOST_EVENTS = 5_000


def read_lead(session: Session, keys: PlatformKeys, principal: Principal, lead_id: UUID, now: datetime) -> OpenedLead:
    """Read a lead. That somebody of the desk was shown the buyer's contact is recorded.

    Raises:
        ForbiddenError, LeadNotFoundError: see `serving.leads.access`.
    """
    lead = session.get(Lead, lead_id)
    for_desk = lead is not None and may_handle(principal, READ_LEADS, lead)
    if lead is None or not (for_desk or is_buyer(session, principal, lead)):
        refuse_lead(principal, READ_LEADS, lead_id)
    if for_desk:
        record(session, Actor.of(principal), Act("leads.read_contact", "lead", str(lead.id), lead.org_id))
    return opened_lead(session, keys, lead, now, for_buyer=not for_desk)


def opened_lead(
    session: Session, keys: PlatformKeys, lead: Lead, now: datetime, *, for_buyer: bool = False
) -> OpenedLead:
    """Open a lead; its timeline holds that of leads that were merged into it, in the order of time."""
    sealer = Sealer(session, keys)
    rows = _timeline(session, lead, for_buyer=for_buyer)
    load_keys(sealer, [lead, *rows])
    [view] = views_of(session, keys, [lead], now, for_buyer=for_buyer)
    clocks = select(LeadClock).where(LeadClock.lead_id == lead.id).order_by(LeadClock.started_at, LeadClock.kind)
    return OpenedLead(
        view, contact_of(sealer, lead), email_of(sealer, lead), [event_view(sealer, row) for row in rows],
        [] if for_buyer else list(session.scalars(clocks)),
    )  # fmt: skip


def family_of(session: Session, lead_id: UUID) -> list[UUID]:
    """Return a lead and all that were merged into it, however deep."""
    tree = select(Lead.id).where(Lead.id == lead_id).cte("family", recursive=True)
    tree = tree.union(select(Lead.id).join(tree, Lead.merged_into == tree.c.id))
    return list(session.scalars(select(tree.c.id)))


def _timeline(session: Session, lead: Lead, *, for_buyer: bool) -> Sequence[LeadEvent]:
    query = select(LeadEvent).where(LeadEvent.lead_id.in_(family_of(session, lead.id)))
    if for_buyer:
        shared = and_(LeadEvent.kind == "attachment", LeadEvent.details.contains(FOR_BUYER))
        query = query.where(or_(LeadEvent.kind.in_(BUYER_SEES), shared))
    return session.scalars(query.order_by(LeadEvent.at, LeadEvent.id).limit(_MOST_EVENTS)).all()


def is_buyer(session: Session, principal: Principal, lead: Lead) -> bool:
    """Tell whether a lead is the caller's own, by a proven contact."""
    if principal.user_id is None or lead.blind_index is None:
        return False
    own = select(UserContact.id).where(
        UserContact.user_id == principal.user_id, UserContact.blind_index == lead.blind_index
    )
    return session.scalar(own) is not None
