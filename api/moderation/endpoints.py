"""GET /v1/moderation/queue, POST /v1/moderation/{case_id}/decision, and what owners read and ask of moderation."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep
from api.listings.writes import ConditionalDep
from api.moderation.problems import APPEAL_PROBLEMS, DECISION_PROBLEMS, STANDING_PROBLEMS
from api.moderation.router import router
from api.moderation.schemas import (
    EXAMPLE_CASE_ID,
    AppealCreate,
    DecisionCreate,
    QueueParams,
    QueueRead,
    StandingRead,
)
from api.parameters import ListingId
from api.rules import request_rules
from serving.moderation.appeals import appeal
from serving.moderation.decisions import decide_case
from serving.moderation.declarations import APPEAL, MODERATE, READ_STANDING
from serving.moderation.queue import read_queue
from serving.moderation.standing import standing_of

CaseId = Annotated[UUID, Path(description="The id of the case.", examples=[EXAMPLE_CASE_ID])]


@router.get("/v1/moderation/queue", summary="Cars that wait for a person")
@request_rules(access=MODERATE)
def queue(session: SessionDep, principal: PrincipalDep, params: Annotated[QueueParams, Query()]) -> QueueRead:
    """List the open cases, the oldest first: what the rules could not decide, recalls, and appeals."""
    return QueueRead.of(read_queue(session, principal, params.query()))


@router.post(
    "/v1/moderation/{case_id}/decision", summary="Approve or reject a car", responses=problems(*DECISION_PROBLEMS)
)
@request_rules(access=MODERATE)
def decide(
    case_id: CaseId, body: DecisionCreate, session: SessionDep, principal: PrincipalDep, condition: ConditionalDep
) -> StandingRead:
    """Decide a case, of the listing as If-Match names it; of two moderators the second is refused."""
    return StandingRead.of(decide_case(session, principal, case_id, body.made(), condition.if_match))


@router.get(
    "/v1/listings/{listing_id}/moderation",
    summary="What moderation says of a car",
    responses=problems(*STANDING_PROBLEMS),
)
@request_rules(access=READ_STANDING)
def read_standing(listing_id: ListingId, session: SessionDep, principal: PrincipalDep) -> StandingRead:
    """Return findings, reasons and the last decision, for the car's owner and moderators."""
    return StandingRead.of(standing_of(session, principal, listing_id))


@router.post("/v1/listings/{listing_id}/appeal", summary="Appeal to a person", responses=problems(*APPEAL_PROBLEMS))
@request_rules(access=APPEAL)
def make_appeal(
    listing_id: ListingId, body: AppealCreate, session: SessionDep, principal: PrincipalDep
) -> StandingRead:
    """Send a rejected car to a person; the rules have no say in an appeal."""
    return StandingRead.of(appeal(session, principal, listing_id, body.statement))
