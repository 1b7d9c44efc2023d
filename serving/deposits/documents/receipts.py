"""Numbered receipts. The series' row stays locked until the commit, so that numbers have no gaps."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.clock import PAKISTAN, market_today
from core.db.tables import Listing
from core.db.tables.deposit_papers import DepositReceipt
from core.db.tables.deposits import Deposit
from core.money import decimal_of
from serving.deposits.access import money_step, readable
from serving.deposits.declarations import READ_DEPOSITS
from serving.deposits.documents.pages import page
from serving.deposits.errors import NoReceiptError

_LETTER = {"payment": "D", "refund": "R"}
_TITLE = {"payment": "Receipt of a deposit", "refund": "Receipt of a refund"}


_ISSUE: Final = text("""
WITH counted AS (
  INSERT INTO receipt_series (series, last) VALUES (:series, 1)
  ON CONFLICT (series) DO UPDATE SET last = receipt_series.last + 1 RETURNING series, last
)
INSERT INTO deposit_receipts (series, number, deposit_id, kind, amount_paisa)
SELECT series, last, :deposit_id, :kind, :amount_paisa FROM counted
""")


_OF_DEPOSIT: Final = (
    select(DepositReceipt).where(DepositReceipt.deposit_id == bindparam("deposit")).order_by(DepositReceipt.id)
)


def issue(session: Session, deposit: Deposit, kind: str, amount_paisa: int) -> None:
    """Issue the next receipt of the year's series."""
    given = {"deposit_id": deposit.id, "kind": kind, "amount_paisa": amount_paisa}
    session.execute(_ISSUE, {"series": f"{_LETTER[kind]}-{market_today().year}", **given})


def receipts_of(session: Session, deposit: Deposit) -> list[DepositReceipt]:
    """Read the receipts of a deposit, in the order of their issue."""
    return list(session.scalars(_OF_DEPOSIT, {"deposit": deposit.id}))


def number_of(receipt: DepositReceipt) -> str:
    """Write the number as people read it."""
    return f"{receipt.series}-{receipt.number:06}"


def as_page(receipts: Iterable[DepositReceipt], car: str) -> str:
    """Write the receipts of a deposit as one page."""
    rows: list[tuple[str, str]] = []
    for each in receipts:
        day = each.issued_at.astimezone(PAKISTAN).strftime("%d %B %Y, %H:%M")
        rows += [
            (_TITLE[each.kind], number_of(each)),
            ("Issued", day),
            ("Deposit", str(each.deposit_id)),
            ("Car", car),
            ("Amount", f"Rs {decimal_of(each.amount_paisa)}"),
        ]
    return page("Receipt of a deposit", rows)


def read_receipt(session: Session, principal: Principal, deposit_id: UUID) -> str:
    """Return the receipts of a deposit as a page, to its parties and to finance.

    Raises:
        ForbiddenError, DepositNotFoundError: see `serving.deposits.access.readable`.
        NoReceiptError: no money came.
    """
    deposit = readable(session, principal, READ_DEPOSITS, deposit_id)
    with money_step(session):
        receipts = receipts_of(session, deposit)
        car = session.scalar(select(Listing.title).where(Listing.id == deposit.listing_id))
    if not receipts:
        raise NoReceiptError
    return as_page(receipts, car or str(deposit.listing_id))
