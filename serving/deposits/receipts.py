"""Numbered receipts. The series' row stays locked until the commit, so that numbers have no gaps."""

from html import escape

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.clock import PAKISTAN, market_today
from core.db.tables.deposit_papers import DepositReceipt, ReceiptSeries
from core.db.tables.deposits import Deposit
from core.money import decimal_of

_LETTER = {"payment": "D", "refund": "R"}
_TITLE = {"payment": "Receipt of a deposit", "refund": "Receipt of a refund"}


def issue(session: Session, deposit: Deposit, kind: str, amount_paisa: int) -> DepositReceipt:
    """Issue the next receipt of the year's series."""
    series = f"{_LETTER[kind]}-{market_today().year}"
    counted = insert(ReceiptSeries).values(series=series, last=1)
    counted = counted.on_conflict_do_update(index_elements=["series"], set_={"last": ReceiptSeries.last + 1})
    number = session.scalars(counted.returning(ReceiptSeries.last)).one()
    receipt = DepositReceipt(series=series, number=number, deposit_id=deposit.id, kind=kind, amount_paisa=amount_paisa)
    session.add(receipt)
    session.flush()
    return receipt


def receipts_of(session: Session, deposit: Deposit) -> list[DepositReceipt]:
    """Read the receipts of a deposit, in the order of their issue."""
    query = select(DepositReceipt).where(DepositReceipt.deposit_id == deposit.id).order_by(DepositReceipt.id)
    return list(session.scalars(query))


def number_of(receipt: DepositReceipt) -> str:
    """Write the number as people read it."""
    return f"{receipt.series}-{receipt.number:06}"


def as_html(receipt: DepositReceipt, car: str) -> str:
    """Write a receipt as a page."""
    day = receipt.issued_at.astimezone(PAKISTAN).strftime("%d %B %Y, %H:%M")
    rows = (("Number", number_of(receipt)), ("Issued", day), ("Deposit", str(receipt.deposit_id)), ("Car", car),
            ("Amount", f"Rs {decimal_of(receipt.amount_paisa)}"))  # fmt: skip
    table = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    title = escape(_TITLE[receipt.kind])
    return f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1><table>{table}</table></html>'
