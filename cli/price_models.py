"""`automart price-bands models` and `rollback`: the versions of the price model, and the way back to an earlier one."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli.feeds.options import By, actor
from cli.output import explain_errors, print_json
from cli.tables import print_table, printable
from core.db.session import transaction
from core.platform import open_platform
from core.price_models import price_models
from pipelines.price_bands.refresh import refresh_bands
from pipelines.price_bands.rollback import rollback

Json = Annotated[bool, typer.Option("--json", help="One line of JSON on stdout, for scripts.")]
_LISTED = ("version", "status", "origin", "parent_version", "trained_at", "samples", "data_digest", "code_version",
           "code_digest", "metrics")  # fmt: skip
_MEASURES = ("median_ape", "coverage", "mean_width")


@explain_errors
def models_command(as_json: Json = False) -> None:
    """List the versions, newest first: which answers now, and how good each was on ads it had not seen.

    Status: champion answers now, retired answered once, rejected never did.
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        found = price_models(session)
    if as_json:
        print_json([{name: getattr(row, name) for name in _LISTED} for row in found])
        return
    rows = [(row.version, row.status, row.origin, row.samples, *_shares(row.metrics)) for row in found]
    if not rows:
        typer.echo("No version yet: run `automart price-bands train`.")
        return
    print_table(("version", "status", "origin", "samples", "error", "coverage", "width"), rows)


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

    With --json: {"version", "replaced", "bands": {...}}. Example: automart price-bands rollback --why "hybrids at half"
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


def _shares(metrics: dict[str, Any]) -> list[str]:
    return [f"{metrics[name]:.1%}" if isinstance(metrics.get(name), float) else "" for name in _MEASURES]
