"""`automart engagement explain`: what became of the events of a listing."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer

from cli.engagement.options import Day
from cli.options import Json
from cli.output import explain_errors, print_json
from core.db.session import transaction
from core.platform import open_platform
from pipelines.engagement.explaining import explain_listing


@explain_errors
def explain_command(
    listing: Annotated[UUID, typer.Argument(help="Id of the listing.")], day: Day, as_json: Json = False
) -> None:
    """Say how many events of a listing counted on a day, and how many did not and why.

    With --json: {"listing", "day", "views" by mark, "accepted" by type, "late", "apart" by reason, "duplicate",
    "rejected" by code}.

    Example: automart engagement explain 019a0000-0000-7000-8000-000000000001 --day 2026-11-20
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        found = explain_listing(session, platform.storage, listing, day.date())
    if as_json:
        print_json(asdict(found))
        return
    for title, counts in (
        ("Views by mark (none: counted)", found.views),
        ("Accepted by type", found.accepted),
        ("Apart, in no hour", found.apart),
        ("Rejected", found.rejected),
    ):
        typer.echo(f"{title}: {', '.join(f'{name} {count}' for name, count in counts.items()) or 'none'}")
    typer.echo(f"Duplicate: {found.duplicate}\nAfter their hour had closed: {found.late}")
