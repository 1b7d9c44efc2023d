"""`automart feeds mappings`, `files`, `rejects` and `origin`: list what was recorded."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.feeds.options import FileId
from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table, printable
from core.identity.orgs import get_org
from core.platform import Platform, open_platform
from core.settings import load_settings
from core.storage import open_storage
from pipelines.feeds.deliveries.repository import FeedFileRepository, FeedRejectRepository
from pipelines.feeds.mapping.store import load_mapping, mapping_names, own_mapping_names
from pipelines.listings.provenance import ListingOrigin, listing_origin


@explain_errors
def mappings(
    dealer: Annotated[str | None, typer.Option(help="Also list those that this dealer keeps.")] = None,
    as_json: Json = False,
) -> None:
    """List the mappings: the formats that files can be read by.

    Example: automart feeds mappings
    """
    own = open_storage(load_settings())
    owner = None if dealer is None else _org_id(dealer)
    known = [load_mapping(name, own, owner) for name in [*mapping_names(), *own_mapping_names(own, owner)]]
    if as_json:
        print_json([each.model_dump(include={"name", "version", "format", "delivery", "about"}) for each in known])
        return
    rows = [(each.name, each.version, each.format, each.delivery, each.about) for each in known]
    print_table(("mapping", "version", "format", "delivery", "what it reads"), rows)


def _org_id(dealer: str) -> UUID:
    with open_platform() as platform, platform.sessions() as session:
        return get_org(session, dealer).id


@explain_errors
def files(
    dealer: Annotated[str | None, typer.Option(help="Only files of this dealer.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="List at most this many, newest first.")] = 50,
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
        typer.echo(printable(f"  {row['file_id']}  {row['message'] or counts_line(row)}"))


def counts_line(row: dict[str, Any]) -> str:
    """Write the counts of a delivery as the sum that they make."""
    parts = " + ".join(f"{row[name]:,} {name}" for name in ("created", "updated", "unchanged", "rejected"))
    held = f", {row['removals_held']:,} held back" if row["removals_held"] else ""
    return f"{row['read']:,} read = {parts}; {row['removed']:,} removed{held}"


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
            "mapping_version": file.mapping_version,
            "status": file.status,
            "snapshot_at": file.snapshot_at.isoformat(),
            "received_at": file.received_at.isoformat(),
            "applied_at": file.applied_at.isoformat() if file.applied_at else None,
            **file.row_counts,
            "removals_held": file.removals_held,
            "reasons": file.reasons,
            "message": file.refusal,
        }
        for file, code in newest
    ]


@explain_errors
def rejects(file_id: FileId, as_json: Json = False) -> None:
    """List the rows of a file that did not become listings, and why. Row 1 is the first after the header.

    Example: automart feeds rejects 0198c1f2-6a3e-7c4d-9b1a-2f6d1c0e8a77 --json
    """
    with open_platform() as platform, platform.sessions() as session:
        file = FeedFileRepository(session).get(file_id)
        found = FeedRejectRepository(session).of_file(file.id)
    names = ("row_number", "byte_offset", "source_key", "severity", "code", "column", "value", "message")
    if as_json:
        print_json([{name.removesuffix("_number"): getattr(each, name) for name in names} for each in found])
        return
    rows = [(each.row_number, each.byte_offset, each.code, each.column, each.value, each.message) for each in found]
    headings = ("row", "byte", "code", "column", "value", "message")
    print_table(headings, rows, title=printable(f"{len(found)} rejected rows of {file.name}"))


@explain_errors
def origin(
    listing_id: Annotated[UUID, typer.Argument(help="The listing; `automart search` and the API show the ids.")],
    as_json: Json = False,
) -> None:
    """Tell which file, row, mapping version and run made a listing what it is, and which file removed it.

    Example: automart feeds origin 0198c1f2-6a3e-7c4d-9b1a-2f6d1c0e8a77
    """
    with open_platform() as platform, platform.sessions() as session:
        found = listing_origin(session, listing_id)
    if as_json:
        print_json(asdict(found))
        return
    for line in _told(found):
        typer.echo(printable(line))


def _told(found: ListingOrigin) -> list[str]:
    heading = f"{found.title} ({found.source_key} of {found.dealer}), {found.status}"
    if found.file_id is None:
        changed = f"{found.updated_at:%Y-%m-%d %H:%M} UTC"
        return [heading, f"  not of a feed: source {found.source}, changed {changed}"]
    lines = [
        heading,
        f"  file     {found.file}, row {found.row_number} ({found.file_id})",
        f"  mapping  {found.mapping} version {found.mapping_version}",
        f"  run      {found.run_id or 'not named'}, changed {found.updated_at:%Y-%m-%d %H:%M} UTC",
        f"  stock of {found.snapshot_at:%Y-%m-%d %H:%M} UTC, received {found.received_at:%Y-%m-%d %H:%M} UTC",
        f"  bytes    {found.storage_key}",
    ]
    if found.removed_by_file_id is not None:
        lines.append(f"  removed because of {found.removed_by_file} ({found.removed_by_file_id})")
    return lines
