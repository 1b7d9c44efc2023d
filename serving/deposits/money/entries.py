"""Enter money that came to the bank account, and refunds done by hand: one person enters, another approves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.locks import lock_name
from core.db.tables.deposit_papers import PaymentEntry
from core.db.tables.deposits import DepositRefund, PaymentIntent
from core.money import PAISA, rupees_of
from pipelines.deposits.providers.port import PaidFact
from serving.deposits.access import lock_deposit, money_step
from serving.deposits.declarations import ENTER_PAYMENTS
from serving.deposits.errors import EntryNotFoundError, EntryRefusedError, NothingToEnterError
from serving.deposits.holds.taking import take_payments
from serving.deposits.money.four_eyes import acting_person, waiting
from serving.deposits.money.refunds import settle_refund

BANK: Final = "bank"
_BY_HAND: Final = ("unknown", "refused", "cancelled")


@dataclass(frozen=True)
class Seen:
    """The version of the deposit that a person saw.

    Attributes:
        reference: of the payment, or the id of the refund.
        transaction: the bank's or the provider's own number of it.
    """

    kind: Literal["payment", "refund"]
    reference: str
    transaction: str
    amount_pkr: int


def enter_payment(session: Session, principal: Principal, seen: Seen) -> PaymentEntry:
    """Enter money that came or went; nothing moves before another person approves.

    Raises:
        ForbiddenError, PeopleOnlyError, NothingToEnterError: as they say.
    """
    person = acting_person(principal, ENTER_PAYMENTS)
    with money_step(session):
        entry = PaymentEntry(
            kind=seen.kind,
            subject_id=_subject(session, seen),
            provider_transaction=seen.transaction,
            amount_paisa=seen.amount_pkr * PAISA,
            requested_by=person,
            state="requested",
        )
        session.add(entry)
        session.flush()
        _record(session, principal, entry, "enter")
        session.refresh(entry)
    return entry


def approve_entry(session: Session, principal: Principal, entry_id: UUID, now: datetime) -> PaymentEntry:
    """Approve an entry of another person: the money is taken, or the refund is done.

    Raises:
        ForbiddenError, PeopleOnlyError, EntryNotFoundError, SamePersonError, EntryRefusedError: as they say.
    """
    person = acting_person(principal, ENTER_PAYMENTS)
    with money_step(session):
        entry = waiting(session, (PaymentEntry, entry_id, "requested"), person, EntryNotFoundError())
        _refuse_repeated(session, entry)
        entry.state, entry.approved_by, entry.ended_at = "approved", person, now
        if entry.kind == "payment":
            _take(session, entry, now)
        else:
            _settle(session, entry, now)
        _record(session, principal, entry, "approve_entry")
    return entry


def _refuse_repeated(session: Session, entry: PaymentEntry) -> None:
    """Refuse a transaction that was approved before; of two at once the second waits for the first."""
    lock_name(session, f"entry of {entry.kind} {entry.provider_transaction}")
    query = select(PaymentEntry.id).where(PaymentEntry.kind == entry.kind, PaymentEntry.state == "approved")
    if session.scalar(query.where(PaymentEntry.provider_transaction == entry.provider_transaction)) is not None:
        raise EntryRefusedError("this transaction was entered before")


def _subject(session: Session, seen: Seen) -> UUID:
    if seen.kind == "payment":
        query = select(PaymentIntent.id).where(PaymentIntent.reference == seen.reference)
        found = session.scalar(query.where(PaymentIntent.provider == BANK))
    else:
        refund = _uuid(seen.reference)
        query = select(DepositRefund.id).where(DepositRefund.id == refund, DepositRefund.state.in_(_BY_HAND))
        found = session.scalar(query)
    if found is None:
        raise NothingToEnterError
    return found


def _take(session: Session, entry: PaymentEntry, now: datetime) -> None:
    intent = session.get_one(PaymentIntent, entry.subject_id)
    fact = PaidFact(entry.provider_transaction, intent.reference, entry.amount_paisa, intent.currency, BANK)
    take_payments(session, intent.id, [fact], BANK, now)


def _settle(session: Session, entry: PaymentEntry, now: datetime) -> None:
    known = session.get_one(DepositRefund, entry.subject_id)
    assert known.deposit_id is not None  # noqa: S101  (every refund is of a payment for a deposit)
    deposit = lock_deposit(session, known.deposit_id)
    refund = session.get_one(DepositRefund, known.id, with_for_update=True, populate_existing=True)
    if refund.state not in _BY_HAND:
        raise EntryRefusedError(f"the refund is {refund.state}")
    if refund.amount_paisa != entry.amount_paisa:
        raise EntryRefusedError(f"the refund is of {rupees_of(refund.amount_paisa):,} rupees")
    refund.provider_refund = entry.provider_transaction
    settle_refund(session, deposit, refund, now)


def _record(session: Session, principal: Principal, entry: PaymentEntry, verb: str) -> None:
    after = {"kind": entry.kind, "subject_id": str(entry.subject_id), "amount_pkr": rupees_of(entry.amount_paisa)}
    record(session, Actor.of(principal), Act(f"deposits.{verb}", "payment_entry", str(entry.id), None, None, after))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
