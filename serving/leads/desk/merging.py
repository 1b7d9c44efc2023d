"""Merge a lead into another one of the same organisation; both timelines stay, and are read as one."""

from uuid import UUID

from sqlalchemy import select

from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.leads import Lead
from core.states.leads import LeadState
from pipelines.leads.clock_store import sync_clocks
from pipelines.leads.desk import read_desk
from pipelines.leads.log import By, NewLeadEvent, append, recorded_at
from serving.leads.access import readable, refuse_lead
from serving.leads.declarations import WORK_LEADS
from serving.leads.desk.reading import opened_lead
from serving.leads.desk.working import Working
from serving.leads.errors import BadLeadEventError, LeadClosedError
from serving.leads.views import OpenedLead
from serving.listings.management.access import may_handle


def merge(work: Working, lead_id: UUID, into: UUID) -> OpenedLead:
    """Merge a lead into another one, and return that one. Its clocks end; what it was asked is read there.

    Raises:
        ForbiddenError, LeadNotFoundError: either is not the caller's to work.
        LeadClosedError: either was merged before.
        BadLeadEventError: it is the same lead, or one of another buyer or organisation.
    """
    org_id = readable(work.session, work.principal, WORK_LEADS, lead_id).org_id
    if lead_id == into:
        raise BadLeadEventError("A lead is not merged into itself.")
    desk = read_desk(work.session, org_id)
    lead, target = _both(work, lead_id, into)
    by = By("person", work.principal.acting_id)
    at = max(recorded_at(work.now, lead), recorded_at(work.now, target))
    lead.merged_into = target.id
    moved = NewLeadEvent("state", at, by, state=LeadState.MERGED, details={"into": str(target.id)})
    append(work.session, lead, moved, told={"into": str(target.id)})
    append(work.session, target, NewLeadEvent("merged", at, by, details={"from": str(lead.id)}))
    sync_clocks(work.session, lead, desk)
    act = Act("leads.merge", "lead", str(lead.id), lead.org_id, None, {"into": str(target.id)})
    record(work.session, Actor.of(work.principal), act)
    return opened_lead(work.session, work.keys, target, work.now)


def _both(work: Working, lead_id: UUID, into: UUID) -> tuple[Lead, Lead]:
    """Lock two leads in the order of their ids, and check that the one may go into the other."""
    query = select(Lead).where(Lead.id.in_((lead_id, into))).order_by(Lead.id).with_for_update()
    found = {lead.id: lead for lead in work.session.scalars(query.execution_options(populate_existing=True))}
    for each in (lead_id, into):
        if each not in found or not may_handle(work.principal, WORK_LEADS, found[each]):
            refuse_lead(work.principal, WORK_LEADS, each)
        if found[each].merged_into is not None:
            raise LeadClosedError(found[each].merged_into)
    lead, target = found[lead_id], found[into]
    same_buyer = lead.blind_index is not None and lead.blind_index == target.blind_index
    if lead.org_id != target.org_id or lead.seller_id != target.seller_id or not same_buyer:
        raise BadLeadEventError(
            "Leads of one buyer and one seller are merged: what others wrote is not theirs to read."
        )
    return lead, target
