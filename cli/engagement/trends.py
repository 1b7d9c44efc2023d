"""`automart engagement trends`: what shoppers look for and do not find, and what they look at most."""

from dataclasses import asdict

import typer

from cli.engagement.options import From, To, day_range
from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.db.session import transaction
from core.platform import open_platform
from pipelines.engagement.trending import report_trends


@explain_errors
def trends_command(first: From, last: To = None, as_json: Json = False) -> None:
    """Name the searches of a range of days that found nothing, and the makes that were viewed most.

    A text is named when at least 20 devices on 3 days searched for it, and none that may hold a phone number, a CNIC,
    an e-mail address or a plate. With --json: {"first", "last", "searches", "makes"}, each with "text", "devices",
    "days" and "searches" or "views".

    Example: automart engagement trends --from 2026-11-01 --to 2026-11-30
    """
    days = day_range(first, last)
    with open_platform() as platform, transaction(platform.sessions) as session:
        report = report_trends(session, platform.storage, days)
    if as_json:
        print_json(asdict(report))
        return
    for title, rows, counted in (
        ("Searches that found nothing", report.searches, "searches"),
        ("Makes that were viewed", report.makes, "views"),
    ):
        names = ("text", "devices", "days", counted)
        print_table(names, [tuple(row[name] for name in names) for row in rows], title=title)
    typer.echo(f"{report.first} to {report.last} (Asia/Karachi); open hours are not in it.")
