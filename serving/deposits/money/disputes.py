"""Disputes: while one is open, nothing is taken or given back; a lost one takes the money out of the books."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.db.tables.deposit_papers import DepositDispute
from core.db.tables.deposits import Deposit, DepositRefund
from core.states.deposits import DepositEvent, DepositState
from pipelines.deposits.fees import share_of
from pipelines.deposits.ledger.book import Ledger
from pipelines.deposits.ledger.postings import FEES, LOSSES, Entry, Movement, buyer, clearing, dealer, merged
from serving.deposits.errors import NoDisputeError
from serving.deposits.holds.cars import free_car
from serving.deposits.holds.ending import end_promise
from serving.deposits.holds.steps import advance, put
from serving.deposits.holds.taking import ERASED


def open_dispute(session: Session, deposit: Deposit, reason: str, by: UUID | None) -> DepositDispute:
    """Open a dispute of what is not given back yet, or of all where everything was.

    Raises:
        DepositStateError: no money came, or one is open.
    """
    before = deposit.state
    advance(session, deposit, DepositEvent.DISPUTE)
    deposit.disputed_from = before
    amount = (deposit.amount_paisa - deposit.refunded_paisa) or deposit.amount_paisa
    dispute = DepositDispute(deposit_id=deposit.id, amount_paisa=amount, reason=reason, opened_by=by)
    session.add(dispute)
    session.flush()
    return dispute


def close_dispute(
    session: Session, deposit: Deposit, outcome: Literal["won", "lost"], by: UUID | None, now: datetime
) -> DepositDispute:
    """Close the open dispute: won, all goes on as before; lost, the provider has taken the money back.

    Raises:
        NoDisputeError: none is open.
    """
    query = select(DepositDispute).where(DepositDispute.deposit_id == deposit.id, DepositDispute.state == "open")
    dispute = session.scalars(query.with_for_update()).one_or_none()
    if dispute is None or deposit.disputed_from is None:
        raise NoDisputeError
    dispute.state, dispute.closed_at, dispute.closed_by = outcome, now, by
    before, deposit.disputed_from = DepositState(deposit.disputed_from), None
    if outcome == "won":
        settled = before is DepositState.REFUNDING and not _begun_and_owed(session, deposit)
        put(session, deposit, DepositState.REFUNDED if settled else before, "dispute_won")
    else:
        _lose(session, deposit, dispute, before, now)
    return dispute


def _lose(session: Session, deposit: Deposit, dispute: DepositDispute, before: DepositState, now: datetime) -> None:
    owner, left = buyer(deposit.buyer_id or ERASED), deposit.amount_paisa - deposit.refunded_paisa
    parts = [Entry(clearing(deposit.provider), -dispute.amount_paisa)]
    parts.append(Entry(LOSSES, dispute.amount_paisa - left))  # what was given back before, and is taken once more
    if left == 0:
        pass
    elif deposit.captured_at is None:
        if before is DepositState.HELD:
            end_promise(session, deposit, "void")
            free_car(session, deposit)
        parts.append(Entry(owner, left))
    else:
        begun = _begun_and_owed(session, deposit)
        share = share_of(deposit.amount_paisa, deposit.fee_paisa, deposit.refunded_paisa + begun)
        parts += [Entry(owner, begun), Entry(dealer(deposit.org_id), share.dealer), Entry(FEES, share.fee)]
    Ledger(session).post(Movement(f"dispute:{dispute.id}", "charged_back", merged(parts), deposit.id))
    _stop_refunds(session, deposit)
    deposit.refunded_paisa, deposit.refunding_paisa = deposit.amount_paisa, 0
    deposit.ended_as, deposit.ended_at = "charged_back", deposit.ended_at or now
    advance(session, deposit, DepositEvent.CHARGED_BACK)


def _begun_and_owed(session: Session, deposit: Deposit) -> int:
    """Sum the refunds that were begun and are not done: the buyer's account has them."""
    states = DepositRefund.state.in_(("due", "unknown", "refused"))
    query = select(DepositRefund).where(DepositRefund.deposit_id == deposit.id, states)
    return sum(refund.amount_paisa for refund in session.scalars(query) if refund.kind != "unallocated")


def _stop_refunds(session: Session, deposit: Deposit) -> None:
    """Send no more refunds; one that was sent before and is done after all becomes a loss."""
    mine = (DepositRefund.deposit_id == deposit.id, DepositRefund.kind != "unallocated")
    stop = update(DepositRefund).where(*mine)
    session.execute(stop.where(DepositRefund.state == "awaiting_approval").values(state="rejected"))
    session.execute(stop.where(DepositRefund.state == "due").values(state="rejected", next_at=None))
    session.execute(stop.where(DepositRefund.state.in_(("unknown", "refused"))).values(state="cancelled"))
