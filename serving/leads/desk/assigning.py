"""Give leads to people by hand: one takes a lead over, a manager gives it to somebody, many are given at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from core.access.acting import org_with
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.leads import Lead
from core.states.leads import CLOSING
from pipelines.leads.assigning.team import team_of
from pipelines.leads.assigning.waiting import assign_waiting, desk_before_leads, release
from pipelines.leads.desk import Desk
from pipelines.leads.log import By, NewLeadEvent, append, recorded_at
from serving.leads.access import locked
from serving.leads.declarations import ASSIGN_LEADS, WORK_LEADS
from serving.leads.desk.reading import opened_lead
from serving.leads.desk.working import Working
from serving.leads.errors import BadLeadEventError, OnlyYourselfError, UnknownOwnerError
from serving.leads.views import OpenedLead
from serving.listings.management.access import branches_of, may_handle

BY_HAND, TAKEN, GIVEN_BACK = "by_hand", "taken_over", "given_back"


@dataclass(frozen=True)
class BulkAssignment:
    """Leads to give away: those named, or all open ones of a person; to a person, or by the rules."""

    to: UUID | None
    lead_ids: Sequence[UUID] = ()
    owner_id: UUID | None = None
    org: str | None = None


def assign(work: Working, lead_id: UUID, owner_id: UUID | None, if_match: str | None = None) -> OpenedLead:
    """Give a lead to a person; None: back to the rules, which find somebody within a second or so.

    Raises:
        ForbiddenError, LeadNotFoundError, LeadClosedError, LeadChangedSinceError: see `serving.leads.access`.
        OnlyYourselfError: agents take leads over for themselves.
        UnknownOwnerError: the person cannot have it. BadLeadEventError: it is a private seller's.
    """
    found = locked(work.session, work.principal, WORK_LEADS, lead_id, if_match)
    lead, desk = found.lead, found.desk
    if lead.seller_id is not None:
        raise BadLeadEventError("A lead on a private ad stays its seller's.")
    if owner_id != work.principal.user_id and not may_handle(work.principal, ASSIGN_LEADS, lead):
        raise OnlyYourselfError
    before = lead.owner_id
    if owner_id is None:
        append(work.session, lead, NewLeadEvent("waiting", recorded_at(work.now, lead), _by(work), reason=GIVEN_BACK))
    else:
        _check_owner(work, desk, lead, owner_id)
        _give(work, lead, owner_id)
    _record(work, lead, before)
    return opened_lead(work.session, work.keys, lead, work.now)


def reassign(work: Working, wanted: BulkAssignment) -> int:
    """Give many leads away in one transaction; return how many moved. Those that are closed stay as they are.

    Raises:
        ForbiddenError, NotAMemberError, OrgRequiredError: as they say. UnknownOwnerError: see `assign`.
    """
    org_id = org_with(work.principal, wanted.org, ASSIGN_LEADS)
    desk = desk_before_leads(work.session, org_id)
    moved = []
    for lead in _chosen(work, org_id, wanted):
        before = lead.owner_id
        if wanted.to is None:
            release(work.session, lead, GIVEN_BACK, work.now)
        elif before == wanted.to:
            continue
        else:
            _check_owner(work, desk, lead, wanted.to)
            _give(work, lead, wanted.to)
        _record(work, lead, before)
        moved.append(lead.id)
    if wanted.to is None and moved:
        assign_waiting(work.session, org_id, work.now, most=len(moved), only=moved)
    return len(moved)


def _chosen(work: Working, org_id: UUID, wanted: BulkAssignment) -> Sequence[Lead]:
    """Lock the leads that are to move, in the order in which all lock several."""
    query = select(Lead).where(Lead.org_id == org_id, Lead.seller_id.is_(None), Lead.state.not_in(CLOSING))
    branches = branches_of(work.principal, ASSIGN_LEADS, org_id)
    if branches is not None:
        query = query.where(Lead.branch_id.in_(list(branches)))
    if wanted.lead_ids:
        query = query.where(Lead.id.in_(list(wanted.lead_ids)))
    if wanted.owner_id is not None:
        query = query.where(Lead.owner_id == wanted.owner_id)
    return work.session.scalars(query.order_by(Lead.id).with_for_update()).all()


def _check_owner(work: Working, desk: Desk, lead: Lead, owner_id: UUID) -> None:
    """Refuse people who are no members, are blocked, or do not reach the branch; being off shift is no reason."""
    reaching = any(
        each.user_id == owner_id and each.reaches(lead.branch_id)
        for each in team_of(work.session, desk, work.now, everybody=True)
    )
    if not reaching:
        raise UnknownOwnerError


def _give(work: Working, lead: Lead, owner_id: UUID) -> None:
    reason = TAKEN if owner_id == work.principal.user_id else BY_HAND
    append(
        work.session,
        lead,
        NewLeadEvent("assigned", recorded_at(work.now, lead), _by(work), reason=reason, owner_id=owner_id),
    )


def _by(work: Working) -> By:
    return By("system" if work.principal.user_id is None else "person", work.principal.acting_id)


def _record(work: Working, lead: Lead, before: UUID | None) -> None:
    told = {name: None if one is None else str(one) for name, one in (("before", before), ("after", lead.owner_id))}
    act = Act(
        "leads.assign", "lead", str(lead.id), lead.org_id, {"owner_id": told["before"]}, {"owner_id": told["after"]}
    )
    record(work.session, Actor.of(work.principal), act)
