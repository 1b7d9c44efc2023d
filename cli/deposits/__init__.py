"""`automart deposits`: the ledger, and what belongs to it."""

import typer

from cli.lazy import lazy_group

_COMMANDS = {
    "ledger": ("cli.deposits.ledger:ledger_command", "Show all accounts and their balances, and prove the books."),
    "reconcile": (
        "cli.deposits.reconcile:reconcile_command",
        "Compare what providers have settled and the bank has paid with the books here, and prove them.",
    ),
    "sandbox": ("cli.deposits.sandbox:sandbox_command", "Run the sandbox provider on the loopback, until Ctrl-C."),
}

app = typer.Typer(
    cls=lazy_group(_COMMANDS),
    help="Prove the ledger of deposits, and try payments out.\n\nExample: automart deposits ledger --json",
    no_args_is_help=True,
)


@app.callback()
def deposits() -> None:
    """Look after deposits."""
