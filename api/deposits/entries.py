"""POST /v1/payments/entries, and their approval: transfers to the bank account, and refunds by hand."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from api.contract.documented import problems
from api.deposits.entry_schemas import EntryCreate, EntryRead
from api.deposits.problems import ENTRY_APPROVAL_PROBLEMS, ENTRY_PROBLEMS
from api.deposits.router import router
from api.deposits.schemas import EXAMPLE_DEPOSIT_ID
from api.deps import PrincipalDep, SessionDep
from api.rules import request_rules
from core.clock import utc_now
from serving.deposits.declarations import ENTER_PAYMENTS
from serving.deposits.money.entries import approve_entry, enter_payment

EntryId = Annotated[UUID, Path(description="The id of the entry.", examples=[EXAMPLE_DEPOSIT_ID])]


@router.post("/v1/payments/entries", status_code=201, summary="Enter a transfer", responses=problems(*ENTRY_PROBLEMS))
@request_rules(access=ENTER_PAYMENTS, idempotent=True, needs_key=True)
def enter(body: EntryCreate, session: SessionDep, principal: PrincipalDep) -> EntryRead:
    """Enter money that came to the bank account, or a refund that was done by hand; another person approves it."""
    return EntryRead.of(enter_payment(session, principal, body.seen()))


@router.post(
    "/v1/payments/entries/{entry_id}/approve",
    summary="Approve a transfer",
    responses=problems(*ENTRY_APPROVAL_PROBLEMS),
)
@request_rules(access=ENTER_PAYMENTS, idempotent=True, needs_key=True)
def approve(entry_id: EntryId, session: SessionDep, principal: PrincipalDep) -> EntryRead:
    """Approve an entry of another person: the money counts from now on."""
    return EntryRead.of(approve_entry(session, principal, entry_id, utc_now()))
