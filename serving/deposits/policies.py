"""Declare who may reach deposits and the ledger.

Parties read their own deposits; everything else is written, and read by services, in the step that moves money.
"""

from core.access.policies import EVERYTHING, DefinerFunction, TableAccess, closed, during, own_org, own_person, staff
from core.access.tenant import Step

_BOOKS = "a transfer moves money between accounts of parties that may not see each other's"
_WRITES = "SELECT, INSERT"
_CHANGES = "SELECT, INSERT, UPDATE"
_STEP = during(Step.DEPOSIT, _BOOKS)


def _money(table: str, api: str, pipelines: str = EVERYTHING) -> TableAccess:
    return TableAccess(table, (staff("SELECT"), _STEP), api=api, pipelines=pipelines)


ACCOUNTS, TRANSFERS, ENTRIES = (
    _money(table, _WRITES, _WRITES) for table in ("ledger_accounts", "ledger_transfers", "ledger_entries")
)
DEPOSITS = TableAccess(
    "deposits",
    (own_person("buyer_id", "SELECT"), own_org(command="SELECT"), staff("SELECT"), _STEP),
    api=_CHANGES,
)
INTENTS, PAYMENTS = _money("payment_intents", _CHANGES), _money("payments", _WRITES)
REFUNDS, DISPUTES = _money("deposit_refunds", EVERYTHING), _money("deposit_disputes", _CHANGES)
WEBHOOKS, PAYOUTS = _money("payment_webhooks", _CHANGES), _money("deposit_payouts", _CHANGES)
ENTERED = _money("payment_entries", _CHANGES)
SERIES, RECEIPTS = _money("receipt_series", _CHANGES), _money("deposit_receipts", _WRITES)
TASKS, DESKS = _money("deposit_tasks", _CHANGES), _money("deposit_desks", "SELECT")
SETTLEMENTS, DAILY = TableAccess("settlement_lines", (staff("SELECT"),), api="SELECT"), closed("deposits_daily")
SUM_TO_ZERO = DefinerFunction(
    "ledger_check_transfer()", "it checks a whole transfer at the commit, when the step that wrote it is over"
)
