"""`automart price-bands recalibrate`: bring the champion to the level of the latest ads, or say why not."""

import typer

from cli.options import By, Json, actor
from cli.output import explain_errors, print_json
from cli.tables import printable
from core.db.session import transaction
from core.platform import open_platform
from pipelines.price_bands.monitoring import watch_prices
from pipelines.price_bands.refresh import refresh_bands
from pipelines.price_bands.versions.recalibration import recalibrate_model


@explain_errors
def recalibrate_command(by: By = None, as_json: Json = False) -> None:
    """Measure the champion on newer ads, and recalibrate it where its bands no longer hold what they promise.

    Dagster does this every day. Nothing is recalibrated while the new ads leave columns out, are of other cars than
    in training, or have a make, model or feed whose prices moved by more than a market does: the message names it.

    With --json: {"version", "status", "samples", "message", "metrics", "input_warnings", "level_warnings",
    "price_warnings"}.

    Example: automart price-bands recalibrate
    """
    with open_platform() as platform:
        with transaction(platform.sessions) as session:
            watched = watch_prices(session, platform.storage)
        with transaction(platform.sessions) as session:
            result = recalibrate_model(session, platform.storage, actor=actor(by))
        if result.status == "champion":
            with transaction(platform.sessions) as session:
                refresh_bands(session, platform.storage)
    if as_json:
        found = {name: getattr(result, name) for name in ("version", "status", "samples", "message", "metrics")}
        print_json(found | watched.warnings)
        return
    typer.echo(printable(f"{result.version or 'no model'} ({result.status}). {result.message}"))
    for sentence in (each for sentences in watched.warnings.values() for each in sentences):
        if sentence not in result.message:
            typer.echo(printable(f"Warning: {sentence}"))
