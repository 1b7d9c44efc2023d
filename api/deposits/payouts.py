"""POST /v1/deposits/payouts, and its approval."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from api.contract.documented import problems
from api.deposits.problems import PAYOUT_APPROVAL_PROBLEMS, PAYOUT_PROBLEMS
from api.deposits.router import router
from api.deposits.schemas import EXAMPLE_DEPOSIT_ID, PayoutCreate, PayoutRead
from api.deps import PrincipalDep, SessionDep
from api.rules import request_rules
from core.clock import utc_now
from serving.deposits.declarations import PAY_OUT
from serving.deposits.money.payouts import approve_payout, ask_payout

PayoutId = Annotated[UUID, Path(description="The id of the payout.", examples=[EXAMPLE_DEPOSIT_ID])]


@router.post("/v1/deposits/payouts", status_code=201, summary="Ask for a payout", responses=problems(*PAYOUT_PROBLEMS))
@request_rules(access=PAY_OUT, idempotent=True, needs_key=True)
def ask(body: PayoutCreate, session: SessionDep, principal: PrincipalDep) -> PayoutRead:
    """Set aside what was captured for an organisation; another person approves it."""
    return PayoutRead.of(ask_payout(session, principal, body.org, body.amount_pkr))


@router.post(
    "/v1/deposits/payouts/{payout_id}/approve",
    summary="Approve a payout",
    responses=problems(*PAYOUT_APPROVAL_PROBLEMS),
)
@request_rules(access=PAY_OUT, idempotent=True, needs_key=True)
def approve(payout_id: PayoutId, session: SessionDep, principal: PrincipalDep) -> PayoutRead:
    """Approve a payout that another person asked for, and get the file for the bank."""
    return PayoutRead.of(approve_payout(session, principal, payout_id, utc_now()))
