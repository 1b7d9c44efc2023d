"""`automart deposits reconcile`: settlement files and bank statements against our own books, and their proof."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.db.session import transaction
from core.errors import InvalidInputError
from core.money import decimal_of
from core.platform import Platform, open_platform
from pipelines.deposits.settlement.compare import Difference, Reconciliation, compare_settlements
from pipelines.deposits.settlement.files import MOST_BYTES, read_settlement
from pipelines.deposits.settlement.keep import KeepResult, keep_lines
from serving.deposits.money.books import read_books

Settlement = Annotated[
    Path | None,
    typer.Option("--settlement", help="A settlement file or bank statement (CSV) to take in first.", exists=True),
]
Provider = Annotated[str, typer.Option("--provider", help="Whose file it is; bank for a statement.")]


@explain_errors
def reconcile_command(settlement: Settlement = None, provider: Provider = "sandbox", as_json: Json = False) -> None:
    """Compare what providers have settled and the bank has paid with the books here, and prove them.

    Nothing is booked by itself. A payout is found by the reference of its file for the bank.
    The same file twice changes nothing. Exit status 1 where something differs or the books are wrong.
    Example: automart deposits reconcile --settlement settlement.csv --provider sandbox
    """
    with open_platform() as platform:
        kept = None if settlement is None else _take_in(platform, settlement, provider)
        with transaction(platform.sessions) as session:
            compared = compare_settlements(session)
        with transaction(platform.sessions) as session:
            books = read_books(session)
    told = [each.as_json() for each in compared.differences]
    if as_json:
        proof = {"sum": books.total, "holds": books.proof.holds}
        print_json({"file": kept, "matched": compared.matched, "differences": told, "ledger": proof})
    else:
        _show(kept, compared)
        typer.echo(f"The sum of the ledger is {books.total}; the replay {books.verdict}.")
    if compared.differences or not books.proof.holds:
        raise typer.Exit(1)


def _take_in(platform: Platform, path: Path, provider: str) -> dict[str, Any]:
    if path.stat().st_size > MOST_BYTES:
        raise InvalidInputError(f"The file is larger than {MOST_BYTES // 2**20} MB: split it by days.")
    data = path.read_bytes()
    lines = read_settlement(provider, data)
    with transaction(platform.sessions) as session:
        kept: KeepResult = keep_lines(session, provider, lines, data)
    return vars(kept)


def _show(kept: dict[str, Any] | None, compared: Reconciliation) -> None:
    if kept is not None:
        typer.echo(
            f"{kept['kept']} lines are new, {kept['known']} were known, {len(kept['changed'])} differ from before."
        )
    counts = (
        f"{name.replace('_', ' ')}: {compared.count(name)}"
        for name in ("missing_here", "missing_there", "amount_differs")
    )
    typer.echo(f"matched: {compared.matched}, {', '.join(counts)}.")
    if compared.differences:
        print_table(("provider", "kind", "transaction", "here", "there", "verdict"), map(_row, compared.differences))


def _row(each: Difference) -> tuple[str, ...]:
    here, there = ("" if paisa is None else decimal_of(paisa) for paisa in (each.here_paisa, each.there_paisa))
    return each.provider, each.kind, each.transaction, here, there, each.verdict.replace("_", " ")
