"""GET /v1/leads and /v1/leads/{lead_id}, and what the desk does with leads."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Query, Response
from pydantic import Field

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.leads.problems import (
    ASSIGN_PROBLEMS,
    LIST_PROBLEMS,
    MERGE_PROBLEMS,
    READ_PROBLEMS,
    REASSIGN_PROBLEMS,
    WORK_PROBLEMS,
)
from api.leads.read_schemas import LeadListRead, LeadRead
from api.leads.router import LeadId, router
from api.leads.work_schemas import (
    LeadAssign,
    LeadEventCreate,
    LeadMerge,
    LeadParams,
    LeadReassign,
    LeadsMoved,
)
from api.parameters import OptionalParam
from api.rules import LOGIN, request_rules
from core.clock import utc_now
from serving.leads.declarations import ASSIGN_LEADS, READ_LEADS, WORK_LEADS
from serving.leads.desk.assigning import assign, reassign
from serving.leads.desk.listing import list_leads
from serving.leads.desk.merging import merge
from serving.leads.desk.reading import read_lead
from serving.leads.desk.working import Working, write_down
from serving.leads.views import OpenedLead


@dataclass(frozen=True)
class OneLead:
    """The lead of the path, the form of it that a change is made of, and where the new one is told."""

    id: UUID
    response: Response
    if_match: str | None

    def answer(self, found: OpenedLead) -> LeadRead:
        """Answer with the lead and its etag."""
        self.response.headers["ETag"] = found.view.etag
        return LeadRead.opened(found)


async def one_lead(
    lead_id: LeadId,
    response: Response,
    if_match: Annotated[
        OptionalParam[Annotated[str, Field(max_length=100)]],
        Header(alias="If-Match", description="The lead's etag, where nobody else may have changed it.", examples=["*"]),
    ] = None,
) -> OneLead:
    """Return the lead that the path names."""
    return OneLead(lead_id, response, if_match)


LeadDep = Annotated[OneLead, Depends(one_lead)]


@router.get("/v1/leads", summary="List leads", responses=problems(*LIST_PROBLEMS))
@request_rules(access=LOGIN)
def list_(
    session: SessionDep, state: StateDep, principal: PrincipalDep, params: Annotated[LeadParams, Query()]
) -> LeadListRead:
    """List the leads of the desk, of one's branches where narrowed to some; on one's private ads; or one's own."""
    return LeadListRead.of(list_leads(session, state.identity.keys, principal, params.query(), utc_now()))


@router.post("/v1/leads/reassign", summary="Give many leads away", responses=problems(*REASSIGN_PROBLEMS))
@request_rules(access=ASSIGN_LEADS)
def give_many(body: LeadReassign, session: SessionDep, state: StateDep, principal: PrincipalDep) -> LeadsMoved:
    """Give leads, or all open leads of a person, to one person or by the rules of assignment; all of them or none."""
    working = Working(session, state.identity.keys, principal, utc_now())
    return LeadsMoved(moved=reassign(working, body.wanted()))


@router.get("/v1/leads/{lead_id}", summary="Read a lead", responses=problems(*READ_PROBLEMS))
@request_rules(access=READ_LEADS)
def read(lead: LeadDep, session: SessionDep, state: StateDep, principal: PrincipalDep) -> LeadRead:
    """Read a lead with its timeline. Its buyer sees the messages and answers alone."""
    return lead.answer(read_lead(session, state.identity.keys, principal, lead.id, utc_now()))


@router.post("/v1/leads/{lead_id}/events", status_code=201, summary="Work a lead", responses=problems(*WORK_PROBLEMS))
@request_rules(access=WORK_LEADS, idempotent=True)
def work(
    lead: LeadDep, body: LeadEventCreate, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> LeadRead:
    """Reply, log a call, note, move it on, pause its clocks, set tags or the next action.

    A reply is sent to the buyer, and with a logged call the only thing that stops the clock of an answer.
    """
    working = Working(session, state.identity.keys, principal, utc_now())
    return lead.answer(write_down(working, lead.id, body.deed(), lead.if_match))


@router.post("/v1/leads/{lead_id}/assign", summary="Give a lead to a person", responses=problems(*ASSIGN_PROBLEMS))
@request_rules(access=WORK_LEADS)
def give(lead: LeadDep, body: LeadAssign, session: SessionDep, state: StateDep, principal: PrincipalDep) -> LeadRead:
    """Take a lead over, or give it to somebody; managers and administrators give them to others."""
    working = Working(session, state.identity.keys, principal, utc_now())
    return lead.answer(assign(working, lead.id, body.owner_id, lead.if_match))


@router.post("/v1/leads/{lead_id}/merge", summary="Merge a lead into another", responses=problems(*MERGE_PROBLEMS))
@request_rules(access=WORK_LEADS)
def merge_into(
    lead: LeadDep, body: LeadMerge, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> LeadRead:
    """Merge a lead into another one of the same buyer, and return that one; both timelines are kept."""
    working = Working(session, state.identity.keys, principal, utc_now())
    return lead.answer(merge(working, lead.id, body.into))
