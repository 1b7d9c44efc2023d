"""Deposits as their parties read them."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, inspect, select
from sqlalchemy.orm import Session

from core.db.tables import Org
from core.db.tables.deposit_papers import DepositReceipt
from core.db.tables.deposits import Deposit, DepositRefund, PaymentIntent
from core.states.deposits import UNPAID
from serving.deposits.access import money_step
from serving.deposits.documents.receipts import receipts_of

_ORG: Final = select(Org.code).where(Org.id == bindparam("org"))
_PAGE: Final = select(PaymentIntent.page_url).where(PaymentIntent.deposit_id == bindparam("deposit"))
_REFUNDS: Final = (
    select(DepositRefund).where(DepositRefund.deposit_id == bindparam("deposit")).order_by(DepositRefund.id)
)


@dataclass(frozen=True)
class DepositView:
    """A deposit with its payment page, its refunds and its receipts."""

    deposit: Deposit
    org: str
    payment_url: str | None
    refunds: list[DepositRefund]
    receipts: list[DepositReceipt]


def view_of(session: Session, deposit: Deposit) -> DepositView:
    """Read what belongs to a deposit that the caller may read."""
    with money_step(session):
        session.flush()
        if inspect(deposit).expired_attributes:
            session.refresh(deposit)
        org = session.scalars(_ORG, {"org": deposit.org_id}).first()
        found: list[Any] = list(session.scalars(_REFUNDS, {"deposit": deposit.id}))
        url = session.scalars(_PAGE, {"deposit": deposit.id}).first() if deposit.state in UNPAID else None
        return DepositView(deposit, org or "", url, found, receipts_of(session, deposit))
