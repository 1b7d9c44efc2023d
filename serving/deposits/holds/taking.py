"""Take money that a provider says it has: it holds the car, or it is nobody's yet and goes back.

Money holds a car only if amount, currency, merchant and reference are those of the intent, the deposit still waits for
it, and the car can still be reserved. Anything else is posted as unallocated, raises a task and is refunded: it revives
nothing. Each of the provider's transactions is taken once.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.statements import given
from core.db.tables.deposit_papers import DepositDesk
from core.db.tables.deposits import Deposit, DepositRefund, Payment, PaymentIntent
from core.states.deposits import UNPAID, DepositEvent
from pipelines.deposits.ledger.book import Ledger
from pipelines.deposits.ledger.postings import (
    FEES,
    UNALLOCATED,
    Entry,
    Movement,
    between,
    buyer,
    clearing,
    dealer,
    merged,
)
from pipelines.deposits.providers.port import PaidFact
from pipelines.deposits.references import new_reference
from serving.deposits.documents.receipts import issue
from serving.deposits.holds.cars import free_car, reserve_car
from serving.deposits.holds.steps import advance
from serving.deposits.tasks import raise_task

DEFAULT_HOLD_HOURS: Final = 72
ERASED: Final = UUID(int=0)
"""Stands in the books for a buyer whose account was erased before the money came."""
_LOCKED: Final = (
    select(PaymentIntent, Deposit, DepositDesk)
    .join(Deposit, Deposit.id == PaymentIntent.deposit_id)
    .join(DepositDesk, DepositDesk.org_id == Deposit.org_id, isouter=True)
    .where(PaymentIntent.id == bindparam("intent"))
    .with_for_update(of=Deposit)
    .execution_options(populate_existing=True)
)
_ADD: Final = (
    insert(Payment)
    .values(given("provider", "provider_transaction", "intent_id", "deposit_id", "currency", "amount_paisa", "use"))
    .on_conflict_do_nothing()
    .returning(Payment)
)


def take_payments(session: Session, intent_id: UUID, facts: Sequence[PaidFact], merchant: str, now: datetime) -> None:
    """Take what a provider told of an intent's reference."""
    intent, deposit, desk = _locked(session, intent_id)
    for fact in facts:
        wrong = _wrong(intent, deposit, fact, merchant)
        payment = _first_seen(session, intent, fact, "hold" if wrong is None else "unallocated")
        if payment is None:
            _compare(session, intent, fact)
            continue
        if wrong is None and not reserve_car(session, deposit):
            wrong = "car_gone"
            free_car(session, deposit)
            deposit.ended_as, deposit.ended_at = "car_gone", now
            advance(session, deposit, DepositEvent.CANCEL)
        if wrong is None:
            with session.no_autoflush:  # the deposit is written once
                _hold(session, deposit, (payment, desk), now)
        else:
            set_aside(session, deposit, payment, wrong, now)


def _locked(session: Session, intent_id: UUID) -> tuple[PaymentIntent, Deposit, DepositDesk | None]:
    """Read an intent, its deposit, which is locked, and the settings of the deposit's organisation."""
    intent, deposit, desk = session.execute(_LOCKED, {"intent": intent_id}).one()
    return intent, deposit, desk


def _first_seen(session: Session, intent: PaymentIntent, fact: PaidFact, use: str) -> Payment | None:
    row = {
        "provider": intent.provider,
        "provider_transaction": fact.transaction,
        "intent_id": intent.id,
        "deposit_id": intent.deposit_id,
        "currency": fact.currency,
        "amount_paisa": fact.amount_paisa,
        "use": use,
    }
    return session.scalar(_ADD, row)


def _compare(session: Session, intent: PaymentIntent, fact: PaidFact) -> None:
    """Raise a task where a provider tells another amount of a transaction than it did before."""
    known = session.scalars(
        select(Payment).where(Payment.provider == intent.provider, Payment.provider_transaction == fact.transaction)
    ).one()
    if (known.amount_paisa, known.currency) != (fact.amount_paisa, fact.currency):
        raise_task(session, "amount_changed", known.id, known.deposit_id, now=fact.amount_paisa)


def _wrong(intent: PaymentIntent, deposit: Deposit, fact: PaidFact, merchant: str) -> str | None:
    """Say why money cannot hold the car, before the car itself is asked."""
    if (fact.reference, fact.merchant) != (intent.reference, merchant):
        return "not_ours"
    if fact.currency != intent.currency:
        return "foreign_currency"
    if fact.amount_paisa != intent.amount_paisa:
        return "short" if fact.amount_paisa < intent.amount_paisa else "over"
    if deposit.state not in UNPAID:
        return "late" if deposit.held_at is None else "twice"
    return None


def _hold(session: Session, deposit: Deposit, why: tuple[Payment, DepositDesk | None], now: datetime) -> None:
    payment, desk = why
    amount, fee = deposit.amount_paisa, deposit.fee_paisa
    owner = buyer(deposit.buyer_id or ERASED)
    paid = between(clearing(deposit.provider), owner, amount)
    posted = Movement(f"payment:{payment.id}", "paid", paid, deposit.id)
    parts = merged([Entry(owner, amount), Entry(dealer(deposit.org_id), fee - amount), Entry(FEES, -fee)])
    Ledger(session).post_and_reserve(posted, Movement(hold_reference(deposit), "hold", parts, deposit.id))
    deposit.held_at = now
    deposit.hold_until = now + timedelta(hours=desk.hold_hours if desk is not None else DEFAULT_HOLD_HOURS)
    deposit.cooling_until = now + timedelta(hours=desk.cooling_off_hours if desk is not None else 0)
    advance(session, deposit, DepositEvent.PAID)
    issue(session, deposit, "payment", amount)


def set_aside(session: Session, deposit: Deposit, payment: Payment, why: str, now: datetime) -> None:
    """Post money that holds nothing as unallocated, raise a task, and give it back."""
    payment.use, payment.reason = "unallocated", why
    account = replace(UNALLOCATED, currency=payment.currency)
    held_by = replace(clearing(payment.provider), currency=payment.currency)
    movement = Movement(f"payment:{payment.id}", "unallocated", between(held_by, account, payment.amount_paisa))
    Ledger(session).post(replace(movement, subject_id=payment.id))
    raise_task(session, "unallocated", payment.id, deposit.id, why=why, amount_paisa=payment.amount_paisa)
    session.add(
        DepositRefund(
            deposit_id=deposit.id,
            payment_id=payment.id,
            reference=new_reference("R"),
            kind="unallocated",
            amount_paisa=payment.amount_paisa,
            state="due",
            reason=why,
            next_at=now,
        )
    )
    session.flush()


def hold_reference(deposit: Deposit) -> str:
    """Return the reference of the pending transfer of a hold."""
    return f"hold:{deposit.id}"
