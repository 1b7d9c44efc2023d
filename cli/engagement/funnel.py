"""`automart engagement funnel`: how many shoppers come from search to sale, by dealer, model, city or source."""

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
from pipelines.engagement.funnel import FUNNEL_BY, FUNNEL_COLUMNS, FunnelBy
from pipelines.engagement.funnels import report_funnel

FunnelKey = StrEnum("FunnelKey", list(FUNNEL_BY))  # type: ignore[misc]  # the names stand in one place


@explain_errors
def funnel_command(
    by: Annotated[FunnelKey, typer.Option(help="What a row is.")], first: From, last: To = None, as_json: Json = False
) -> None:
    """Follow shoppers from search to sale in a range of days, with percentiles of the seconds to each step.

    A step of which no event came is null. Seconds to a contact or lead count from the shopper's first view of the
    car, to a deposit or sale from anybody's. With --json: {"by", "first", "last", "complete_until", "rows"}.

    Example: automart engagement funnel --by dealer --from 2026-11-01 --to 2026-11-30
    """
    days = day_range(first, last)
    with open_platform() as platform, transaction(platform.sessions) as session:
        report = report_funnel(session, platform.storage, days, cast("FunnelBy", by.value))
    if as_json:
        print_json(asdict(report))
        return
    print_table((report.by, *FUNNEL_COLUMNS[1:]), [tuple(row[name] for name in FUNNEL_COLUMNS) for row in report.rows])
    typer.echo(
        f"{report.first} to {report.last} (Asia/Karachi), complete until {report.complete_until.isoformat()}; open"
        " hours are not in it."
    )
