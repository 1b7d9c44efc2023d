"""`automart price-bands rollback`: go back to an earlier version of the price model."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.options import By, Json, actor
from cli.output import explain_errors, print_json
from cli.tables import printable
from core.db.session import transaction
from core.platform import open_platform
from pipelines.price_bands.refresh import refresh_bands
from pipelines.price_bands.versions.rollback import rollback


@explain_errors
def rollback_command(
    version: Annotated[str | None, typer.Argument(help="Default: the champion before the present one.")] = None,
    why: Annotated[str, typer.Option(help="What is wrong with the present one; kept with your name.")] = "not stated",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Make an earlier version champion again and price all live listings by it.

    The API answers by it within seconds, without a restart. Refused: a version whose artefact cannot be read, and one
    that the promotion gate rejected. The weekly training goes on: it replaces this version only by one that is not
    worse.

    With --json: {"version", "replaced", "bands": {...}}.

    Example: automart price-bands rollback --why "hybrids at half"
    """
    with open_platform() as platform:
        with transaction(platform.sessions) as session:
            result = rollback(session, platform.storage, version, actor=actor(by), reason=why)
        with transaction(platform.sessions) as session:  # of its own: the way back must not wait for a million bands
            bands = refresh_bands(session, platform.storage)
    if as_json:
        print_json(asdict(result) | {"bands": asdict(bands)})
        return
    gave_way = f" in place of {result.replaced}" if result.replaced else ""
    typer.echo(printable(f"{result.version} answers now{gave_way}; {bands.computed:,} bands computed."))
