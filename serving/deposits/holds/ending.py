"""End holds: take the money, or give it back. A provider has the money already, so giving back is a refund there."""

from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables.deposits import Deposit, DepositRefund, Payment
from core.states.deposits import UNPAID, DepositEvent, DepositState, follows
from pipelines.deposits.ledger.book import Ending, Ledger
from pipelines.deposits.ledger.errors import PendingEndedError
from pipelines.deposits.references import new_reference
from serving.deposits.errors import CoolingOffError, DepositStateError
from serving.deposits.holds.cars import free_car
from serving.deposits.holds.steps import advance
from serving.deposits.holds.taking import hold_reference

EndedAs = Literal["voided", "declined", "expired", "refunded"]


def end_unpaid(session: Session, deposit: Deposit, ended_as: str, now: datetime) -> None:
    """End a deposit for which no money came.

    Raises:
        DepositStateError: money came.
    """
    event = DepositEvent.RUN_OUT if ended_as == "expired" else DepositEvent.CANCEL
    if follows(deposit.state, event) is None:
        raise DepositStateError(deposit.state)
    free_car(session, deposit)
    deposit.ended_as, deposit.ended_at = ended_as, now
    advance(session, deposit, event)


def give_back(session: Session, deposit: Deposit, ended_as: str, now: datetime) -> DepositRefund:
    """End a hold and owe the buyer the whole amount until the provider confirms its refund.

    Raises:
        DepositStateError: the deposit holds nothing.
    """
    if deposit.state != DepositState.HELD:
        raise DepositStateError(deposit.state)
    end_promise(session, deposit, "expire" if ended_as == "expired" else "void")
    free_car(session, deposit)
    deposit.ended_as, deposit.ended_at = ended_as, now
    deposit.refunding_paisa = deposit.amount_paisa
    refund = DepositRefund(
        deposit_id=deposit.id,
        payment_id=hold_payment(session, deposit).id,
        reference=new_reference("R"),
        kind="end_of_hold",
        amount_paisa=deposit.amount_paisa,
        state="due",
        reason=ended_as,
        next_at=now,
    )
    session.add(refund)
    advance(session, deposit, DepositEvent.GIVE_BACK)
    return refund


def end_early(session: Session, deposit: Deposit, ended_as: EndedAs, now: datetime) -> None:
    """End a deposit before its time, whether money came or not."""
    if deposit.state in UNPAID:
        end_unpaid(session, deposit, ended_as, now)
    else:
        give_back(session, deposit, ended_as, now)


def take(session: Session, deposit: Deposit, now: datetime) -> None:
    """Give the held money to the dealer and the fee to the platform; the car is sold.

    Raises:
        DepositStateError: the deposit holds nothing.
        CoolingOffError: the buyer may still withdraw.
    """
    if deposit.state != DepositState.HELD:
        raise DepositStateError(deposit.state)
    if deposit.cooling_until is not None and now < deposit.cooling_until:
        raise CoolingOffError(deposit.cooling_until.isoformat())
    end_promise(session, deposit, "post")
    free_car(session, deposit, sold=True)
    deposit.ended_as, deposit.captured_at, deposit.ended_at = "captured", now, now
    advance(session, deposit, DepositEvent.CAPTURE)


def end_promise(session: Session, deposit: Deposit, how: Ending) -> None:
    """End the pending transfer of a hold.

    Raises:
        DepositStateError: there is none any more.
    """
    try:
        Ledger(session).end(hold_reference(deposit), how)
    except PendingEndedError:
        raise DepositStateError(deposit.state) from None


def hold_payment(session: Session, deposit: Deposit) -> Payment:
    """Return the payment that holds the car."""
    query = select(Payment).where(Payment.deposit_id == deposit.id, Payment.use == "hold")
    return session.scalars(query).one()
