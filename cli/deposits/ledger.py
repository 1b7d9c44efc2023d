"""`automart deposits ledger`: accounts, balances, and the proof that they sum to zero."""

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.db.session import transaction
from core.platform import open_platform
from pipelines.deposits.ledger.balances import Balance
from serving.deposits.money.books import read_books


@explain_errors
def ledger_command(as_json: Json = False) -> None:
    """Show all accounts and their balances, and prove the books.

    Amounts are paisa; what the platform owes is negative. Exit status 1 where the books are wrong.
    Example: automart deposits ledger --json
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        books = read_books(session)
    if as_json:
        print_json(books.as_json())
    else:
        print_table(("account", "of", "currency", "paisa", "pending"), map(_row, books.accounts))
        typer.echo(f"{books.proof.transfers} transfers; the sum is {books.total}; the replay {books.verdict}.")
    if not books.proof.holds:
        raise typer.Exit(1)


def _row(account: Balance) -> tuple[str, ...]:
    owner = str(account.owner_id or account.name or "")
    return account.kind, owner, account.currency, f"{account.posted:,}", f"{account.pending:,}"
