"""`automart feeds import`: import one file into a dealer's listings."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.acts import record_on
from cli.feeds.options import MappingName, SnapshotAt, chosen_mapping, file_content, moment
from cli.options import Json
from cli.output import EXIT_REFUSED, explain_errors, print_json
from cli.tables import print_table, printable
from core.db.session import transaction
from core.errors import PermanentError
from core.identity.orgs import get_org
from core.platform import open_platform
from pipelines.feeds.unread_columns import UnreadColumn
from pipelines.imports import Delivery, ImportContext, ImportResult, context_of, import_delivery, preview_file

_Importer = Callable[[ImportContext, Delivery], ImportResult]


@explain_errors
def import_command(
    file: Annotated[Path, typer.Argument(help="The dealer's file: CSV, TSV, XML or JSON, as the mapping says.")],
    dealer: Annotated[str, typer.Option(help="Code of the dealer whose stock it is; see `automart dealers list`.")],
    mapping: MappingName = None,
    snapshot_at: SnapshotAt = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report what would happen and change nothing.")] = False,
    accept_removals: Annotated[
        bool,
        typer.Option(
            "--accept-removals",
            help="Remove what this full feed lacks, even if that is so much that the guard would keep it.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Import one file into a dealer's listings.

    Every row becomes a listing (created, updated or unchanged) or a reject with a reason: the four counts add up to
    the rows read. A file that was the last one applied is a duplicate and changes nothing; an older snapshot is stale
    and never overwrites a newer one. A file that cannot be trusted as a whole is refused, with the reason, and
    changes nothing.

    Exit code: 0 applied, duplicate or stale, 2 refused.

    Example: automart feeds import ads.csv --dealer classifieds --dry-run
    """
    try:
        run = partial(preview_file if dry_run else _import_recorded, accept_removals=accept_removals)
        result = _import(file, dealer, mapping, snapshot_at, run)
    except PermanentError as error:
        if as_json:
            print_json(ImportResult(status="refused", message=error.detail).as_json())
        raise
    if as_json:
        print_json(result.as_json())
    elif result.status != "refused":
        show_result(result, f"{file.name} for {dealer}", dry_run=dry_run)
    explain_result(result)


def _import(path: Path, dealer: str, mapping_name: str | None, snapshot_at: str | None, run: _Importer) -> ImportResult:
    when = moment(snapshot_at)
    with file_content(path) as data, open_platform() as platform, transaction(platform.sessions) as session:
        org = get_org(session, dealer)
        mapping = chosen_mapping(org, mapping_name, platform.storage)
        context = context_of(platform, session, "cli")
        delivery = Delivery(org, path.name, data, mapping, when)
        return run(context, delivery)


def _import_recorded(context: ImportContext, delivery: Delivery, *, accept_removals: bool) -> ImportResult:
    result = import_delivery(context, delivery, accept_removals=accept_removals)
    if result.file_id is not None:
        facts = {"status": result.status, "accept_removals": accept_removals}
        record_on(context.session, "feeds.import", ("feed_file", result.file_id), delivery.org.id, facts)
    return result


def show_result(result: ImportResult, what: str, *, dry_run: bool = False) -> None:
    """Print the counts and the commonest reasons, for people."""
    if result.status == "duplicate":
        typer.echo(printable(f"{what}: a duplicate. It is the last file applied, or came before; nothing changed."))
        return
    if result.status == "stale":
        typer.echo(printable(f"{what}: stale. {result.message}"))
        return
    headings = ("read", "created", "updated", "unchanged", "rejected", "removed")
    for column in result.not_understood:
        if column.whole:
            typer.echo(printable(f"WARNING: {column.sentence}"))
    for warning in result.warnings:
        typer.echo(printable(f"WARNING: {warning.sentence()}"))
    typer.echo(printable(f"{what}: {'dry run, nothing changed' if dry_run else result.status}"))
    print_table(headings, [[getattr(result, heading) for heading in headings]])
    if result.reasons:
        print_table(("rejected for", "rows"), list(result.reasons.items())[:10])
        if result.file_id is not None:
            typer.echo(f"The rows: automart feeds rejects {result.file_id}")
    if spread := spread_sentence(result.prices):
        typer.echo(spread)
    if some := [each for each in result.not_understood if not each.whole]:
        print_table(("column", "not understood", "of", "commonest words"), [unread_cells(each) for each in some])


def spread_sentence(prices: dict[str, Any]) -> str:
    """Say which prices a file has; "" for a file without any."""
    if not prices.get("priced"):
        return ""
    low, middle, high = (f"{prices[name]:,}" for name in ("smallest", "median", "largest"))
    tenth = prices["under_a_tenth"] / prices["priced"]
    doubtful = f"; {prices['implausible']:,} are implausible" if prices["implausible"] else ""
    return (
        f"Prices of {prices['priced']:,} cars in rupees: smallest {low}, median {middle}, largest {high};"
        f" {tenth:.1%} are under a tenth of the market{doubtful}."
    )


def unread_cells(column: UnreadColumn) -> tuple[str, int, int, str]:
    """Return a column of which cells were not understood as the cells of a table."""
    words = ", ".join(f"{word} ({cells})" for word, cells in column.words)
    return printable(column.column), column.not_understood, column.filled, printable(words)


def explain_result(result: ImportResult) -> None:
    """Print what a person should know beside the counts, on stderr; end the command where the file was refused."""
    if result.removals_held:
        way = f"automart feeds approve {result.file_id}" if result.file_id else "automart feeds approve FILE_ID"
        typer.echo(
            f"Note: {result.removals_held} cars that this full feed lacks were kept, because so many are missing, or "
            "because rows or sheets that could not be read may hold them. "
            f"If the dealer no longer has them: {way}.",
            err=True,
        )
    if result.unknown_branches:
        typer.echo(
            f"Note: {result.unknown_branches} rows name a branch that the dealer does not have; they were imported "
            "without one. Add it with `automart dealers add-branch`.",
            err=True,
        )
    if result.status == "refused":
        typer.echo(printable(f"Refused: {result.message}"), err=True)
        raise typer.Exit(EXIT_REFUSED)
