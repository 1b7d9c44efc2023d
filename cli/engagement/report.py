"""`automart engagement report`: what shoppers did, by listing, dealer, model or city."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, cast

import typer

from cli.engagement.options import From, To, day_range
from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.db.session import transaction
from core.platform import open_platform
from pipelines.engagement.reporting import BY, FIGURES, By, make_report

Key = StrEnum("Key", list(BY))  # type: ignore[misc]  # the names stand in one place


@explain_errors
def report_command(
    by: Annotated[Key, typer.Option(help="What a row is.")], first: From, last: To = None, as_json: Json = False
) -> None:
    """Report views, visitors, sessions, contacts and leads of counted hours in a range of days.

    Visitors and sessions are distinct ones over the whole range; the report says whether they are exact. Bots, staff
    and owners stand in columns of their own. With --json: {"by", "first", "last", "start", "end", "complete_until",
    "uniques", "late_after_close", "rows"}.

    Example: automart engagement report --by dealer --from 2026-11-01 --to 2026-11-30
    """
    days = day_range(first, last)
    with open_platform() as platform, transaction(platform.sessions) as session:
        report = make_report(session, days, cast("By", by.value))
    if as_json:
        print_json(asdict(report))
        return
    print_table((report.by, *FIGURES), [(row["key"], *(row[name] for name in FIGURES)) for row in report.rows])
    typer.echo(
        f"{report.first} to {report.last} (Asia/Karachi), complete until {report.complete_until.isoformat()};"
        f" visitors and sessions: {report.uniques}; {report.late_after_close} events came after their hour had closed."
    )
