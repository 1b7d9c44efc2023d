"""End deposits whose time has passed. One that is unpaid ends only after its provider was asked once more."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.deposits import Deposit, PaymentIntent
from core.states.deposits import UNPAID, DepositState
from serving.deposits.holds.ending import end_unpaid, give_back

_ACTOR: Final = Actor.system("deposits.expire")
_GRACE: Final = timedelta(minutes=10)
"""So long a provider that does not answer keeps the car; money that comes later goes back."""


def expire_deposits(session: Session, now: datetime, most: int = 50) -> int:
    """End what has run out, and count it."""
    unanswered = exists().where(
        PaymentIntent.deposit_id == Deposit.id,
        or_(PaymentIntent.answered_at.is_(None), PaymentIntent.answered_at < Deposit.pay_until),
    )
    unpaid = and_(
        Deposit.state.in_(UNPAID), Deposit.pay_until <= now, or_(~unanswered, Deposit.pay_until <= now - _GRACE)
    )
    held = and_(Deposit.state == DepositState.HELD, Deposit.hold_until <= now)
    due = select(Deposit).where(or_(unpaid, held)).order_by(Deposit.id).limit(most)
    deposits = session.scalars(due.with_for_update(skip_locked=True)).all()
    for deposit in deposits:
        before = deposit.state
        if before in UNPAID:
            end_unpaid(session, deposit, "expired", now)
        else:
            give_back(session, deposit, "expired", now)
        facts = ({"state": before}, {"state": deposit.state})
        record(session, _ACTOR, Act("deposits.expire", "deposit", str(deposit.id), deposit.org_id, *facts))
    return len(deposits)
