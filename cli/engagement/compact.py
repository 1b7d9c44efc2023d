"""`automart engagement compact`: move closed hours to files."""

from functools import partial

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from core.clock import utc_now
from core.db.session import transaction
from core.platform import open_platform
from pipelines.engagement.cold.compacting import compact


@explain_errors
def compact_command(as_json: Json = False) -> None:
    """Close the hours that are due, and move their events from the database to Parquet files.

    Late events become supplements, which are merged after 72 hours; repeating the command changes nothing. Exit
    status 1 where files of an hour are missing or were changed. With --json: the numbers by name.

    Example: automart engagement compact
    """
    with open_platform() as platform:
        result = compact(partial(transaction, platform.sessions), platform.storage, utc_now())
    if as_json:
        print_json(result.as_dict())
    else:
        typer.echo(
            f"{result.closed} hours closed; {result.written} written with {result.events} events; {result.supplements}"
            f" supplements; {result.merged} merged; {result.dropped} partitions dropped, {result.held} still read."
        )
    if result.damaged:
        typer.echo(f"{result.damaged} hours cannot be merged: files are missing or were changed.", err=True)
        raise typer.Exit(1)
