"""Ask for refunds, approve them, and write what became of them into the books."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.db.tables.deposits import Deposit, DepositRefund, Payment
from core.money import rupees_of
from core.states.deposits import DepositEvent, DepositState
from pipelines.deposits.fees import refund_share
from pipelines.deposits.ledger.book import Ledger
from pipelines.deposits.ledger.postings import (
    FEES,
    LOSSES,
    UNALLOCATED,
    Account,
    Entry,
    Movement,
    between,
    buyer,
    dealer,
    merged,
)
from pipelines.deposits.references import new_reference
from serving.deposits.documents.receipts import issue
from serving.deposits.errors import (
    BadRefundAmountError,
    DepositStateError,
    RefundNotFoundError,
)
from serving.deposits.holds.ending import give_back, hold_payment
from serving.deposits.holds.steps import advance
from serving.deposits.holds.taking import ERASED
from serving.deposits.money.four_eyes import waiting
from serving.deposits.tasks import close_task, raise_task

_COUNTED: Final = ("awaiting_approval", "due", "unknown", "done")
_REFUNDABLE: Final = (DepositState.CAPTURED, DepositState.REFUNDED, DepositState.REFUNDING)


def ask_refund(
    session: Session, deposit: Deposit, amount_paisa: int | None, by: UUID, limit_paisa: int
) -> DepositRefund:
    """Ask for a refund of a part, or with None of all that is left; above the limit another person must approve it.

    The deposit is locked by the caller, so that refunds at once never sum to more than there is.

    Raises:
        DepositStateError, BadRefundAmountError: as they say.
    """
    left = deposit.amount_paisa - deposit.refunded_paisa - deposit.refunding_paisa
    held = deposit.state == DepositState.HELD
    if not held and (deposit.state not in _REFUNDABLE or deposit.captured_at is None or left == 0):
        raise DepositStateError(deposit.state)
    amount = left if amount_paisa is None else amount_paisa
    if not 0 < amount <= left or (held and amount != left):
        raise BadRefundAmountError(rupees_of(left), whole=held)
    refund = DepositRefund(
        deposit_id=deposit.id,
        payment_id=hold_payment(session, deposit).id,
        reference=new_reference("R"),
        kind="asked",
        amount_paisa=amount,
        state="awaiting_approval",
        requested_by=by,
    )
    session.add(refund)
    deposit.refunding_paisa += amount
    session.flush()
    if max(_of_deposit(session, deposit), _of_day(session, by)) <= limit_paisa:
        begin_refund(session, deposit, refund, func.now())
    return refund


def approve_refund(session: Session, deposit: Deposit, refund_id: UUID, by: UUID, now: datetime) -> DepositRefund:
    """Approve a refund that waits; the one who asked may not.

    Raises:
        RefundNotFoundError, SamePersonError, DepositStateError: as they say.
    """
    refund = waiting(session, (DepositRefund, refund_id, "awaiting_approval"), by, RefundNotFoundError())
    if refund.deposit_id != deposit.id:
        raise RefundNotFoundError
    refund.approved_by = by
    begin_refund(session, deposit, refund, now)
    return refund


def begin_refund(session: Session, deposit: Deposit, refund: DepositRefund, now: object) -> None:
    """Make the money the buyer's again, and have the refund sent.

    Raises:
        DepositStateError: a dispute is open, or the hold ended in another way.
    """
    if deposit.state == DepositState.HELD:
        session.delete(refund)
        deposit.refunding_paisa = 0
        whole = give_back(session, deposit, "refunded", now)  # type: ignore[arg-type]
        whole.requested_by, whole.approved_by = refund.requested_by, refund.approved_by
        return
    if deposit.state not in _REFUNDABLE or deposit.captured_at is None:
        raise DepositStateError(deposit.state)
    share = refund_share(deposit.amount_paisa, deposit.fee_paisa, _begun(session, deposit), refund.amount_paisa)
    refund.dealer_paisa, refund.fee_paisa = share.dealer, share.fee
    _move(session, deposit, refund, "begun")
    refund.state, refund.next_at = "due", now  # type: ignore[assignment]
    advance(session, deposit, DepositEvent.GIVE_BACK)


def settle_refund(session: Session, deposit: Deposit, refund: DepositRefund, now: datetime) -> None:
    """Write that a provider has given the money back."""
    payment = session.get_one(Payment, refund.payment_id)
    late = refund.state == "cancelled"
    account = LOSSES if late else _owed(deposit, refund, payment)
    held_by = Account("provider_clearing", name=payment.provider, currency=payment.currency)
    parts = between(account, held_by, refund.amount_paisa)
    Ledger(session).post(Movement(f"refund:{refund.id}", "refunded", parts, deposit.id))
    refund.state, refund.done_at, refund.next_at = "done", now, None
    close_task(session, "refund_by_hand", refund.id)
    if refund.kind == "unallocated":
        close_task(session, "unallocated", payment.id)
        return
    if late:
        raise_task(session, "refund_after_chargeback", refund.id, deposit.id, amount_paisa=refund.amount_paisa)
        return
    deposit.refunding_paisa -= refund.amount_paisa
    deposit.refunded_paisa += refund.amount_paisa
    issue(session, deposit, "refund", refund.amount_paisa)
    close_task(session, "refund_refused", refund.id)
    if deposit.state == DepositState.REFUNDING and not _running(session, deposit):
        advance(session, deposit, DepositEvent.REFUND_DONE)


def refuse_refund(session: Session, deposit: Deposit, refund: DepositRefund) -> None:
    """Write that a provider will not give the money back: we owe it still, and a person must see to it."""
    refund.state, refund.next_at = "refused", None
    raise_task(session, "refund_refused", refund.id, deposit.id, amount_paisa=refund.amount_paisa)


def wait_for_people(session: Session, deposit: Deposit, refund: DepositRefund) -> None:
    """Write that people must give the money back, or look whether the provider did, and confirm it."""
    refund.next_at = None
    raise_task(session, "refund_by_hand", refund.id, deposit.id, amount_paisa=refund.amount_paisa)


def _move(session: Session, deposit: Deposit, refund: DepositRefund, word: str) -> None:
    owner = buyer(deposit.buyer_id or ERASED)
    parts = merged(
        [
            Entry(dealer(deposit.org_id), refund.dealer_paisa),
            Entry(FEES, refund.fee_paisa),
            Entry(owner, -refund.amount_paisa),
        ]
    )
    Ledger(session).post(Movement(f"refund_{word}:{refund.id}", "refund_begun", parts, deposit.id))


def _owed(deposit: Deposit, refund: DepositRefund, payment: Payment) -> Account:
    if refund.kind == "unallocated":
        return Account(UNALLOCATED.kind, currency=payment.currency)
    return buyer(deposit.buyer_id or ERASED)


def _begun(session: Session, deposit: Deposit) -> int:
    """Sum the refunds for which dealer and platform have given their shares."""
    begun = (DepositRefund.dealer_paisa + DepositRefund.fee_paisa > 0) & (DepositRefund.deposit_id == deposit.id)
    return int(session.scalar(select(func.coalesce(func.sum(DepositRefund.amount_paisa), 0)).where(begun)) or 0)


def _running(session: Session, deposit: Deposit) -> bool:
    session.flush()
    states = DepositRefund.state.in_(("due", "unknown", "refused"))
    query = select(DepositRefund.id).where(DepositRefund.deposit_id == deposit.id, states)
    return session.scalar(query.where(DepositRefund.kind != "unallocated").limit(1)) is not None


def _of_deposit(session: Session, deposit: Deposit) -> int:
    return _sum(session, DepositRefund.deposit_id == deposit.id, DepositRefund.kind == "asked")


def _of_day(session: Session, by: UUID) -> int:
    since = func.now() - timedelta(days=1)
    mine = or_(DepositRefund.requested_by == by, DepositRefund.approved_by == by)
    return _sum(session, mine, DepositRefund.created_at > since)


def _sum(session: Session, *conditions: object) -> int:
    query = select(func.coalesce(func.sum(DepositRefund.amount_paisa), 0)).where(
        DepositRefund.state.in_(_COUNTED),
        *conditions,  # type: ignore[arg-type]
    )
    return int(session.scalar(query) or 0)
