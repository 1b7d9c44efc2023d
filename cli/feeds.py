"""`automart feeds`: dealers' files in, and what became of them."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.output import EXIT_REFUSED, explain_errors, print_json
from cli.tables import print_table, printable
from core.db.session import transaction
from core.errors import InvalidInputError, PermanentError
from core.platform import Platform, open_platform
from pipelines.feeds.dealers import get_org
from pipelines.feeds.mapping import load_mapping, mapping_names
from pipelines.feeds.repository import FeedFileRepository, FeedRejectRepository
from pipelines.imports import ImportResult, import_delivery, preview_file

app = typer.Typer(
    help="Import dealers' files and see what became of them.\n\n"
    "Example: automart feeds import stock.csv --dealer khan-motors",
    no_args_is_help=True,
)

Json = Annotated[bool, typer.Option("--json", help="One line of JSON on stdout, for scripts.")]


@app.command("import")
@explain_errors
def import_command(
    file: Annotated[Path, typer.Argument(help="The dealer's file: CSV, TSV or XML, as the mapping says.")],
    dealer: Annotated[str, typer.Option(help="Code of the dealer whose stock it is; see `automart dealers list`.")],
    mapping: Annotated[
        str | None,
        typer.Option(help="How to read the file; see `automart feeds mappings`. Default: the dealer's own."),
    ] = None,
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
    the rows read. A file that was the last one applied is a duplicate and changes nothing. A file that cannot be
    trusted as a whole is refused, with the reason, and changes nothing.

    Exit code: 0 applied or duplicate, 2 refused.

    Example: automart feeds import ads.csv --dealer classifieds --dry-run
    """
    try:
        result = _import(file, dealer, mapping, dry_run=dry_run, accept_removals=accept_removals)
    except PermanentError as error:
        if as_json:
            print_json(ImportResult(status="refused", message=error.detail).as_json())
        raise
    if as_json:
        print_json(result.as_json())
    elif result.status != "refused":
        _show(result, file.name, dealer, dry_run=dry_run)
    _explain(result)


def _import(path: Path, dealer: str, mapping_name: str | None, *, dry_run: bool, accept_removals: bool) -> ImportResult:
    data = _read(path)
    if mapping_name is not None:
        load_mapping(mapping_name)  # before a database is started for nothing
    with open_platform() as platform, transaction(platform.sessions) as session:
        org = get_org(session, dealer)
        chosen = mapping_name or org.default_mapping
        if chosen is None:
            raise InvalidInputError(
                f"Dealer {dealer!r} has no default mapping: name one with --mapping ({', '.join(mapping_names())}).",
                code="no_mapping",
            )
        mapping = load_mapping(chosen)
        if dry_run:
            return preview_file(session, org, data, mapping, accept_removals=accept_removals)
        return import_delivery(
            session,
            platform.storage,
            org=org,
            name=path.name,
            data=data,
            mapping=mapping,
            run_id="cli",
            accept_removals=accept_removals,
        )


def _read(path: Path) -> bytes:
    if not path.exists():
        raise InvalidInputError(f"There is no file {str(path)!r}.", code="file_not_found")
    if not path.is_file():
        raise InvalidInputError(f"{str(path)!r} is not a file; name one file of a dealer.", code="not_a_file")
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{str(path)!r} cannot be read: {error.strerror}.", code="file_unreadable") from error


def _show(result: ImportResult, name: str, dealer: str, *, dry_run: bool) -> None:
    if result.status == "duplicate":
        typer.echo(f"{name}: a duplicate. It is the last file applied for {dealer}; nothing changed.")
        return
    headings = ("read", "created", "updated", "unchanged", "rejected", "removed")
    title = f"{name} for {dealer}: {'dry run, nothing changed' if dry_run else result.status}"
    print_table(headings, [[getattr(result, heading) for heading in headings]], title=title)
    if result.reasons:
        print_table(("rejected for", "rows"), list(result.reasons.items())[:10])
        if result.file_id is not None:
            typer.echo(f"The rows: automart feeds rejects {result.file_id}")


def _explain(result: ImportResult) -> None:
    """What a person should know beside the counts, on stderr; ends the command where the file was refused."""
    if result.removals_held:
        typer.echo(
            f"Note: {result.removals_held} cars that this full feed lacks were kept, because so many are missing. "
            "If the dealer no longer has them, import it again with --accept-removals.",
            err=True,
        )
    if result.unknown_branches:
        typer.echo(
            f"Note: {result.unknown_branches} rows name a branch that the dealer does not have; they were imported "
            "without one. Add it with `automart dealers add-branch`.",
            err=True,
        )
    if result.status == "refused":
        typer.echo(f"Refused: {result.message}", err=True)
        raise typer.Exit(EXIT_REFUSED)


@app.command()
@explain_errors
def mappings(as_json: Json = False) -> None:
    """List the mappings: the formats that files can be read by.

    Example: automart feeds mappings
    """
    known = [load_mapping(name) for name in mapping_names()]
    if as_json:
        print_json([each.model_dump(include={"name", "version", "format", "delivery", "about"}) for each in known])
        return
    rows = [(each.name, each.version, each.format, each.delivery, each.about) for each in known]
    print_table(("mapping", "version", "format", "delivery", "what it reads"), rows)


@app.command()
@explain_errors
def files(
    dealer: Annotated[str | None, typer.Option(help="Only files of this dealer.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """List delivered files, newest first, with their status and counts.

    Example: automart feeds files --dealer khan-motors
    """
    with open_platform() as platform:
        rows = _file_rows(platform, dealer, limit)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(printable(f"{row['status']:<10} {row['dealer']}  {row['name']}  received {row['received_at']:.16}"))
        typer.echo(f"  {row['file_id']}  {row['message'] or _sum(row)}")


def _sum(row: dict[str, Any]) -> str:
    parts = " + ".join(f"{row[name]:,} {name}" for name in ("created", "updated", "unchanged", "rejected"))
    return f"{row['read']:,} read = {parts}; {row['removed']:,} removed"


def _file_rows(platform: Platform, dealer: str | None, limit: int) -> list[dict[str, Any]]:
    with platform.sessions() as session:
        org_id = get_org(session, dealer).id if dealer is not None else None
        newest = FeedFileRepository(session).newest(org_id, limit=limit)
    return [
        {
            "file_id": str(file.id),
            "dealer": code,
            "name": file.name,
            "mapping": file.mapping,
            "status": file.status,
            "received_at": file.received_at.isoformat(),
            "applied_at": file.applied_at.isoformat() if file.applied_at else None,
            "read": file.rows_read,
            "created": file.rows_created,
            "updated": file.rows_updated,
            "unchanged": file.rows_unchanged,
            "rejected": file.rows_rejected,
            "removed": file.rows_removed,
            "removals_held": file.removals_held,
            "reasons": file.reasons,
            "message": file.refusal,
        }
        for file, code in newest
    ]


@app.command()
@explain_errors
def rejects(
    file_id: Annotated[UUID, typer.Argument(help="The file; `automart feeds files` shows the ids.")],
    as_json: Json = False,
) -> None:
    """List the rows of a file that did not become listings, and why. Row 1 is the first after the header.

    Example: automart feeds rejects 0198c1f2-6a3e-7c4d-9b1a-2f6d1c0e8a77 --json
    """
    with open_platform() as platform, platform.sessions() as session:
        file = FeedFileRepository(session).get(file_id)
        found = FeedRejectRepository(session).of_file(file.id)
    names = ("row_number", "source_key", "code", "column", "value", "message")
    if as_json:
        print_json([{name.removesuffix("_number"): getattr(each, name) for name in names} for each in found])
        return
    rows = [(each.row_number, each.code, each.column, each.value, each.message) for each in found]
    print_table(("row", "code", "column", "value", "message"), rows, title=f"{len(found)} rejected rows of {file.name}")
