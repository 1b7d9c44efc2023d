"""POST /v1/deposits, and what its parties and finance do with a deposit."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from api.contract.documented import problems
from api.deposits.opening_rules import OpeningDep
from api.deposits.problems import (
    ACT_PROBLEMS,
    APPROVE_PROBLEMS,
    CAPTURE_PROBLEMS,
    DISPUTE_PROBLEMS,
    OPEN_PROBLEMS,
    READ_PROBLEMS,
    REFUND_PROBLEMS,
)
from api.deposits.router import router
from api.deposits.schemas import (
    EXAMPLE_DEPOSIT_ID,
    DepositCreate,
    DepositRead,
    DisputeCreate,
    EndingCreate,
    RefundCreate,
)
from api.deps import PrincipalDep, SessionDep, StateDep
from api.rules import LOGIN, request_rules
from core.clock import utc_now
from serving.deposits import acts
from serving.deposits.declarations import (
    ANSWER_DEPOSITS,
    CAPTURE_DEPOSITS,
    DISPUTE_DEPOSITS,
    READ_DEPOSITS,
    REFUND_DEPOSITS,
    VOID_DEPOSITS,
)
from serving.deposits.holds.opening import open_deposit
from serving.deposits.views import view_of

DepositId = Annotated[UUID, Path(description="The id of the deposit.", examples=[EXAMPLE_DEPOSIT_ID])]
RefundId = Annotated[UUID, Path(description="The id of the refund.", examples=[EXAMPLE_DEPOSIT_ID])]
_ONE = "/v1/deposits/{deposit_id}"


@router.post("/v1/deposits", status_code=201, summary="Reserve a car by a deposit", responses=problems(*OPEN_PROBLEMS))
@request_rules(access=LOGIN, idempotent=True, needs_key=True)
def open_one(body: DepositCreate, session: SessionDep, principal: PrincipalDep, rules: OpeningDep) -> DepositRead:
    """Keep a dealer's car until the payment page ends; once paid, the deposit holds it."""
    return DepositRead.of(view_of(session, open_deposit(session, principal, body.wish(), rules, utc_now())))


@router.get(_ONE, summary="A deposit", responses=problems(*READ_PROBLEMS))
@request_rules(access=READ_DEPOSITS)
def read(deposit_id: DepositId, session: SessionDep, principal: PrincipalDep) -> DepositRead:
    """Return a deposit to its buyer, to the people of the car's dealer, and to finance."""
    return DepositRead.of(acts.read_deposit(session, principal, deposit_id))


@router.post(f"{_ONE}/accept", summary="Accept a deposit", responses=problems(*ACT_PROBLEMS))
@request_rules(access=ANSWER_DEPOSITS, idempotent=True, needs_key=True)
def accept(deposit_id: DepositId, session: SessionDep, principal: PrincipalDep) -> DepositRead:
    """Tell the buyer that the dealer takes the deposit."""
    return DepositRead.of(acts.accept_deposit(session, principal, deposit_id, utc_now()))


@router.post(f"{_ONE}/decline", summary="Decline a deposit", responses=problems(*ACT_PROBLEMS))
@request_rules(access=ANSWER_DEPOSITS, idempotent=True, needs_key=True)
def decline(deposit_id: DepositId, body: EndingCreate, session: SessionDep, principal: PrincipalDep) -> DepositRead:
    """End a deposit as the dealer; money that came goes back."""
    return DepositRead.of(acts.decline_deposit(session, principal, deposit_id, body.reason, utc_now()))


@router.post(f"{_ONE}/void", summary="Withdraw a deposit", responses=problems(*ACT_PROBLEMS))
@request_rules(access=VOID_DEPOSITS, idempotent=True, needs_key=True)
def void(deposit_id: DepositId, body: EndingCreate, session: SessionDep, principal: PrincipalDep) -> DepositRead:
    """End a deposit as its buyer; money that came goes back."""
    return DepositRead.of(acts.void_deposit(session, principal, deposit_id, body.reason, utc_now()))


@router.post(f"{_ONE}/capture", summary="Take a held deposit", responses=problems(*CAPTURE_PROBLEMS))
@request_rules(access=CAPTURE_DEPOSITS, idempotent=True, needs_key=True)
def capture(deposit_id: DepositId, session: SessionDep, principal: PrincipalDep) -> DepositRead:
    """Give the money to the dealer, less the fee: the car is sold."""
    return DepositRead.of(acts.capture_deposit(session, principal, deposit_id, utc_now()))


@router.post(f"{_ONE}/refund", summary="Ask for a refund", responses=problems(*REFUND_PROBLEMS))
@request_rules(access=REFUND_DEPOSITS, idempotent=True, needs_key=True)
def refund(
    deposit_id: DepositId, body: RefundCreate, session: SessionDep, principal: PrincipalDep, state: StateDep
) -> DepositRead:
    """Give back all that is left, or a part of what was captured; above the limit another person must approve it."""
    wish = acts.RefundWish(body.amount_pkr, body.reason, state.settings.deposits_refund_limit_pkr)
    return DepositRead.of(acts.refund_deposit(session, principal, deposit_id, wish))


@router.post(f"{_ONE}/refunds/{{refund_id}}/approve", summary="Approve a refund", responses=problems(*APPROVE_PROBLEMS))
@request_rules(access=REFUND_DEPOSITS, idempotent=True, needs_key=True)
def approve(deposit_id: DepositId, refund_id: RefundId, session: SessionDep, principal: PrincipalDep) -> DepositRead:
    """Approve a refund that another person asked for."""
    return DepositRead.of(acts.approve_deposit_refund(session, principal, deposit_id, refund_id, utc_now()))


@router.post(f"{_ONE}/dispute", summary="Open or close a dispute", responses=problems(*DISPUTE_PROBLEMS))
@request_rules(access=DISPUTE_DEPOSITS, idempotent=True, needs_key=True)
def dispute(deposit_id: DepositId, body: DisputeCreate, session: SessionDep, principal: PrincipalDep) -> DepositRead:
    """Stop everything until the dispute is won or lost; finance closes it."""
    return DepositRead.of(acts.dispute_deposit(session, principal, deposit_id, body.step(), utc_now()))
