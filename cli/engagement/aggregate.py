"""`automart engagement aggregate`: count hours and days."""

from dataclasses import asdict
from functools import partial

import typer

from cli.engagement.options import From, To, day_range
from cli.options import Json
from cli.output import explain_errors, print_json
from core.clock import utc_now
from core.db.session import transaction
from core.platform import open_platform
from pipelines.engagement.aggregates.ranges import count_range


@explain_errors
def aggregate_command(first: From, last: To = None, as_json: Json = False) -> None:
    """Count the closed hours of a range of days, and the days whose hours are all counted.

    What is counted of the same events stays as it is, so the command may be repeated over any range. An hour whose
    events have expired, are missing or were changed keeps its rows; exit status 1 then.
    With --json: {"hours", "days", "unchanged_hours", "unchanged_days", "waiting_days", "refused"}.

    Example: automart engagement aggregate --from 2026-11-01 --to 2026-11-30
    """
    days = day_range(first, last)
    with open_platform() as platform:
        result = count_range(partial(transaction, platform.sessions), platform.storage, days, utc_now())
    if as_json:
        print_json(asdict(result))
    else:
        typer.echo(
            f"{result.hours} hours and {result.days} days counted; {result.unchanged_hours} hours and"
            f" {result.unchanged_days} days were counted before; {len(result.waiting_days)} days wait for hours."
        )
        for refusal in result.refused:
            typer.echo(refusal, err=True)
    if result.refused:
        raise typer.Exit(1)
