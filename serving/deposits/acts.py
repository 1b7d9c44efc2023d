"""The acts of people on deposits, each with its audit record."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.permissions import require
from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.deposits import Deposit
from core.money import PAISA, rupees_of
from core.states.deposits import DepositState
from serving.deposits.access import acting_on, readable
from serving.deposits.declarations import (
    ANSWER_DEPOSITS,
    CAPTURE_DEPOSITS,
    DISPUTE_DEPOSITS,
    READ_DEPOSITS,
    REFUND_DEPOSITS,
    VOID_DEPOSITS,
)
from serving.deposits.errors import DepositStateError
from serving.deposits.holds.ending import end_early, take
from serving.deposits.holds.steps import put
from serving.deposits.masking import mask_private
from serving.deposits.money.disputes import close_dispute, open_dispute
from serving.deposits.money.four_eyes import acting_person
from serving.deposits.money.refunds import approve_refund, ask_refund
from serving.deposits.views import DepositView, view_of


@dataclass(frozen=True)
class RefundWish:
    """The amount to give back (None: all that is left), the reason, and the limit above which another approves."""

    amount_pkr: int | None
    reason: str
    limit_pkr: int


def read_deposit(session: Session, principal: Principal, deposit_id: UUID) -> DepositView:
    """Read a deposit.

    Raises:
        ForbiddenError, DepositNotFoundError: see `serving.deposits.access.readable`.
    """
    return view_of(session, readable(session, principal, READ_DEPOSITS, deposit_id))


def accept_deposit(session: Session, principal: Principal, deposit_id: UUID, now: datetime) -> DepositView:
    """Say that the dealer takes the deposit; once more changes nothing.

    Raises:
        DepositStateError: it is not held.
    """
    with acting_on(session, principal, ANSWER_DEPOSITS, deposit_id) as deposit:
        if deposit.state != DepositState.HELD:
            raise DepositStateError(deposit.state)
        if deposit.accepted_at is None:
            deposit.accepted_at = now
            put(session, deposit, DepositState.HELD, "accepted")
        _record(session, principal, deposit, "accept")
        return view_of(session, deposit)


def decline_deposit(
    session: Session, principal: Principal, deposit_id: UUID, reason: str | None, now: datetime
) -> DepositView:
    """End a deposit as the dealer: money that came goes back."""
    with acting_on(session, principal, ANSWER_DEPOSITS, deposit_id) as deposit:
        _because(deposit, reason)
        end_early(session, deposit, "declined", now)
        _record(session, principal, deposit, "decline", reason)
        return view_of(session, deposit)


def void_deposit(
    session: Session, principal: Principal, deposit_id: UUID, reason: str | None, now: datetime
) -> DepositView:
    """End a deposit as its buyer: money that came goes back."""
    with acting_on(session, principal, VOID_DEPOSITS, deposit_id) as deposit:
        _because(deposit, reason)
        end_early(session, deposit, "voided", now)
        _record(session, principal, deposit, "void", reason)
        return view_of(session, deposit)


def capture_deposit(session: Session, principal: Principal, deposit_id: UUID, now: datetime) -> DepositView:
    """Take a held deposit.

    Raises:
        DepositStateError, CoolingOffError: see `serving.deposits.holds.ending.take`.
    """
    with acting_on(session, principal, CAPTURE_DEPOSITS, deposit_id) as deposit:
        take(session, deposit, now)
        _record(session, principal, deposit, "capture")
        return view_of(session, deposit)


def refund_deposit(session: Session, principal: Principal, deposit_id: UUID, wish: RefundWish) -> DepositView:
    """Ask for a refund, which begins at once up to the limit.

    Raises:
        PeopleOnlyError: the caller is a system.
        DepositStateError, BadRefundAmountError: see `serving.deposits.money.refunds.ask_refund`.
    """
    with acting_on(session, principal, REFUND_DEPOSITS, deposit_id) as deposit:
        amount = None if wish.amount_pkr is None else wish.amount_pkr * PAISA
        refund = ask_refund(session, deposit, amount, acting_person(principal), wish.limit_pkr * PAISA)
        refund.reason = mask_private(wish.reason)
        _record(session, principal, deposit, "refund", wish.reason, refund_pkr=rupees_of(refund.amount_paisa))
        return view_of(session, deposit)


def approve_deposit_refund(
    session: Session, principal: Principal, deposit_id: UUID, refund_id: UUID, now: datetime
) -> DepositView:
    """Approve a refund that another person asked for.

    Raises:
        PeopleOnlyError, RefundNotFoundError, SamePersonError, DepositStateError: as they say.
    """
    with acting_on(session, principal, REFUND_DEPOSITS, deposit_id) as deposit:
        approve_refund(session, deposit, refund_id, acting_person(principal), now)
        _record(session, principal, deposit, "approve_refund", refund_id=str(refund_id))
        return view_of(session, deposit)


@dataclass(frozen=True)
class DisputeStep:
    """Opens a dispute with a reason, or with an outcome closes it."""

    reason: str
    outcome: Literal["won", "lost"] | None = None


def dispute_deposit(
    session: Session, principal: Principal, deposit_id: UUID, step: DisputeStep, now: datetime
) -> DepositView:
    """Open a dispute, or close it, which is finance's alone.

    Raises:
        ForbiddenError: the caller may not close disputes.
        DepositStateError, NoDisputeError: as they say.
    """
    with acting_on(session, principal, DISPUTE_DEPOSITS, deposit_id) as deposit:
        if step.outcome is None:
            open_dispute(session, deposit, mask_private(step.reason), principal.user_id)
        else:
            require(principal, REFUND_DEPOSITS)
            close_dispute(session, deposit, step.outcome, principal.user_id, now)
        _record(session, principal, deposit, "dispute", step.reason, outcome=step.outcome)
        return view_of(session, deposit)


def _because(deposit: Deposit, reason: str | None) -> None:
    deposit.reason = None if reason is None else mask_private(reason)


def _record(
    session: Session, principal: Principal, deposit: Deposit, verb: str, reason: str | None = None, **facts: object
) -> None:
    after = {"state": deposit.state, **facts}
    told = None if reason is None else mask_private(reason)
    act = Act(f"deposits.{verb}", "deposit", str(deposit.id), deposit.org_id, None, after, told)
    record(session, Actor.of(principal), act)
