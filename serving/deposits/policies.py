"""Who may reach the ledger: staff read it, and the step of the platform that moves money writes it."""

from core.access.policies import DefinerFunction, TableAccess, during, staff
from core.access.tenant import Step

_BOOKS = "a transfer moves money between accounts of parties that may not see each other's"
_WRITES = "SELECT, INSERT"
ACCOUNTS, TRANSFERS, ENTRIES = (
    TableAccess(table, (staff("SELECT"), during(Step.DEPOSIT, _BOOKS)), api=_WRITES, pipelines=_WRITES)
    for table in ("ledger_accounts", "ledger_transfers", "ledger_entries")
)
SUM_TO_ZERO = DefinerFunction(
    "ledger_check_transfer()", "it checks a whole transfer at the commit, when the step that wrote it is over"
)
