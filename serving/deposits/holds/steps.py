"""Bring deposits from state to state by the table of states, and tell the outbox."""

from sqlalchemy import func
from sqlalchemy.orm import Session

from core.db.tables.deposits import Deposit
from core.money import rupees_of
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.states.deposits import DepositEvent, DepositState, follows
from serving.deposits.errors import DepositStateError

TOPIC = "deposit"


def advance(session: Session, deposit: Deposit, event: DepositEvent) -> None:
    """Do what the table of states says of an event.

    Raises:
        DepositStateError: it cannot happen in the present state.
    """
    state = follows(deposit.state, event)
    if state is None:
        raise DepositStateError(deposit.state)
    put(session, deposit, state, event)


def put(session: Session, deposit: Deposit, state: DepositState, kind: str) -> None:
    """Put a deposit into a state, and write an event of it."""
    deposit.state = state
    deposit.changed_at = func.statement_timestamp()
    session.flush()
    emit_step(session, deposit, kind)


def emit_step(session: Session, deposit: Deposit, kind: str) -> None:
    """Write an event of a deposit's step to the outbox."""
    payload = {
        "state": str(deposit.state),
        "listing_id": str(deposit.listing_id),
        "amount_pkr": rupees_of(deposit.amount_paisa),
        "ended_as": deposit.ended_as,
    }
    emit(session, TOPIC, NewEvent(deposit.id, str(kind), deposit.org_id, deposit.buyer_id, payload=payload))
