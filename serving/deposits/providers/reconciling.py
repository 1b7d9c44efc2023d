"""Ask providers what was paid and given back, and write what they say. Callbacks only make it ask sooner.

Each turn claims what is due in one transaction, calls with none open, and writes the answer in another: whoever dies in
between has changed nothing, and what was claimed is asked again. A refund is `unknown` from before it is first sent
until the provider has answered: whether it was done is asked before it is sent again, always under its one reference.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.session import Transaction
from core.db.tables.deposits import Deposit, DepositRefund, Payment, PaymentIntent
from core.states.deposits import DepositEvent, DepositState
from pipelines.deposits.providers.port import (
    Inquiry,
    Order,
    Page,
    Provider,
    ProviderUnavailableError,
    RefundAnswer,
    RefundOrder,
    RefundState,
)
from serving.deposits.access import lock_deposit
from serving.deposits.holds.steps import advance
from serving.deposits.holds.taking import take_payments
from serving.deposits.money.refunds import refuse_refund, settle_refund, wait_for_people

_log = logging.getLogger(__name__)
EVERY: Final = timedelta(seconds=60)
_LATER: Final = timedelta(minutes=15)
WATCHED_FOR: Final = timedelta(hours=48)
"""So long after its page has ended, money for an intent is still looked for."""
_PAUSES: Final = tuple(timedelta(seconds=each) for each in (2, 10, 30, 60, 300))
_SURE_AFTER: Final = timedelta(minutes=2)
"""A refund that the provider does not know so long after it was sent did not arrive, and is sent again."""


@dataclass(frozen=True)
class _Claimed:
    """An intent to ask about."""

    id: UUID
    provider: str
    order: Order
    is_new: bool


@dataclass(frozen=True)
class _Owed:
    """A refund to send or to ask about; while a dispute is open, and after a lost one, it is asked about alone."""

    id: UUID
    provider: str
    order: RefundOrder
    sent_at: datetime | None
    may_send: bool


def ask_intents(transaction: Transaction, providers: Mapping[str, Provider], now: datetime, most: int = 20) -> bool:
    """Make payment pages and ask about payments that are due; tell whether there was any."""
    with transaction() as session:
        claimed = _claim_intents(session, list(providers), now, most)
    for each in claimed:
        provider = providers[each.provider]
        try:
            page = provider.make_page(each.order) if each.is_new else None
            inquiry = Inquiry() if each.is_new else provider.inquire(each.order)
        except ProviderUnavailableError as error:
            _log.warning("%s", error)
            continue
        with transaction() as session:
            _write_answer(session, each.id, (page, inquiry), provider.merchant, now)
    return bool(claimed)


def _claim_intents(session: Session, names: list[str], now: datetime, most: int) -> list[_Claimed]:
    due = select(PaymentIntent).where(PaymentIntent.next_at <= now, PaymentIntent.provider.in_(names))
    rows = session.scalars(due.order_by(PaymentIntent.next_at).limit(most).with_for_update(skip_locked=True)).all()
    claimed = []
    for intent in rows:
        order = Order(intent.reference, intent.amount_paisa, intent.currency, intent.expires_at, intent.provider_token)
        claimed.append(_Claimed(intent.id, intent.provider, order, intent.state == "new"))
        intent.asked_at, intent.inquiries = now, intent.inquiries + 1
        intent.next_at = _next_time(intent, now)
    return claimed


def _next_time(intent: PaymentIntent, now: datetime) -> datetime:
    if now < intent.expires_at < now + EVERY:
        return intent.expires_at  # whether it was paid is asked when the page ends, before the car is freed
    return now + (EVERY if now < intent.expires_at + _LATER else _LATER)


def _write_answer(
    session: Session, intent_id: UUID, told: tuple[Page | None, Inquiry], merchant: str, now: datetime
) -> None:
    page, inquiry = told
    intent = session.get_one(PaymentIntent, intent_id)
    deposit = lock_deposit(session, intent.deposit_id)
    if page is not None:
        intent.state, intent.page_url, intent.provider_token = "open", page.url, page.token
        if deposit.state == DepositState.CREATED:
            advance(session, deposit, DepositEvent.PAGE_MADE)
        return
    intent.answered_at = now
    if now > intent.expires_at + WATCHED_FOR:  # an inquiry that nobody answered ends no watch
        intent.state, intent.next_at = "closed", None
    session.flush()
    take_payments(session, intent.id, inquiry.paid, merchant, now)


def send_refunds(transaction: Transaction, providers: Mapping[str, Provider], now: datetime, most: int = 20) -> bool:
    """Send refunds that are due, and ask about those that were sent; tell whether there was any."""
    with transaction() as session:
        claimed = _claim_refunds(session, list(providers), now, most)
    for each in claimed:
        try:
            answer = _answer(providers[each.provider], each, now)
        except ProviderUnavailableError as error:
            _log.warning("%s", error)
            continue
        if answer is not None:
            with transaction() as session:
                _write_refund(session, each.id, answer, now)
    return bool(claimed)


def _answer(provider: Provider, refund: _Owed, now: datetime) -> RefundAnswer | None:
    """Send a refund for the first time, or ask about it first; None where nothing is known yet."""
    if refund.sent_at is not None:
        answer = provider.inquire_refund(refund.order)
        if answer.state is not RefundState.NOT_FOUND:
            return answer
        if now < refund.sent_at + _SURE_AFTER or not refund.may_send:
            return None
    return provider.refund(refund.order)


def _claim_refunds(session: Session, names: list[str], now: datetime, most: int) -> list[_Owed]:
    """Choose refunds, and mark them as sent before they are; those of disputed deposits wait, unless they were sent."""
    query = (
        select(DepositRefund, Payment, PaymentIntent.reference, PaymentIntent.provider_token, Deposit.state)
        .join(Payment, Payment.id == DepositRefund.payment_id)
        .join(PaymentIntent, PaymentIntent.id == Payment.intent_id)
        .join(Deposit, Deposit.id == DepositRefund.deposit_id)
        .where(DepositRefund.next_at <= now, DepositRefund.state.in_(("due", "unknown", "cancelled")))
        .where(Payment.provider.in_(names))
        .where((DepositRefund.state != "due") | (Deposit.state != DepositState.DISPUTED))
        .order_by(DepositRefund.next_at)
        .limit(most)
    )
    claimed = []
    rows = session.execute(query.with_for_update(of=DepositRefund, skip_locked=True))
    for refund, payment, reference, token, state in rows:
        sent = (refund.reference, payment.provider_transaction, refund.amount_paisa, payment.currency)
        order = RefundOrder(*sent, reference, token, _other_names(session, refund))
        may_send = refund.state != "cancelled" and state != DepositState.DISPUTED
        claimed.append(_Owed(refund.id, payment.provider, order, refund.sent_at, may_send))
        if refund.state == "due":
            refund.state, refund.sent_at = "unknown", now
        refund.next_at = now + _PAUSES[min(refund.tries, len(_PAUSES) - 1)]
        refund.tries += 1
    return claimed


def _other_names(session: Session, refund: DepositRefund) -> frozenset[str]:
    """Return the provider's names of other refunds of the payment."""
    others = (DepositRefund.payment_id == refund.payment_id, DepositRefund.id != refund.id)
    names = session.scalars(select(DepositRefund.provider_refund).where(*others))
    return frozenset(name for name in names if name is not None)


def _write_refund(session: Session, refund_id: UUID, answer: RefundAnswer, now: datetime) -> None:
    known = session.get_one(DepositRefund, refund_id)
    assert known.deposit_id is not None  # noqa: S101  (every refund is of a payment for a deposit)
    deposit = lock_deposit(session, known.deposit_id)
    refund = session.get_one(DepositRefund, refund_id, with_for_update=True, populate_existing=True)
    if refund.state not in ("unknown", "cancelled"):
        return
    if answer.provider_refund in _other_names(session, refund):
        return  # of two equal refunds that were asked about at once, the other one has it
    refund.provider_refund = answer.provider_refund or refund.provider_refund
    if answer.state is RefundState.BY_HAND:
        wait_for_people(session, deposit, refund)
    elif answer.state is RefundState.DONE:
        settle_refund(session, deposit, refund, now)
    elif answer.state is RefundState.REFUSED and refund.state == "unknown":
        refuse_refund(session, deposit, refund)
