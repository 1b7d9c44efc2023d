"""Erase and export deposits of buyers: books of money stay, without the name of the person."""

from __future__ import annotations

from typing import Final

from sqlalchemy import update

from core.db.tables.deposits import Deposit
from core.declarations import Eraser, Exporter
from core.personal_data.changed_rows import changed_rows
from core.personal_data.exported_rows import exported_rows
from core.personal_data.subject import Erasing, Exporting, Rows


def _forget_buyer(work: Erasing) -> int:
    """Keep the deposit, which tax law asks for; its account in the ledger keeps a number that names nobody."""
    mine = update(Deposit).where(Deposit.buyer_id == work.subject.user_id)
    return changed_rows(work, mine.values(buyer_id=None, reason=None))


def _deposits(work: Exporting) -> Rows:
    mine = Deposit.buyer_id == work.subject.user_id
    return exported_rows(work, Deposit, mine, leave_out=("asked_sold_price_pkr", "asked_sold_on"))  # the dealer's own


ERASERS: Final = (Eraser("buyers of deposits", _forget_buyer),)
EXPORTERS: Final = (Exporter("deposits", _deposits),)
