"""What the deposits domain declares."""

from core.declarations import Declarations

DECLARATIONS = Declarations(
    harmless_columns={
        "ledger_accounts": ("kind", "name", "currency"),
        "ledger_transfers": ("reference", "kind", "phase"),
        "ledger_entries": ("currency",),
    },
)
