"""`automart price-bands models`: list the versions of the price model."""

from typing import Any

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import percent, print_table
from core.db.session import transaction
from core.platform import open_platform
from core.prices.models import price_models

_LISTED = ("version", "status", "origin", "parent_version", "trained_at", "samples", "data_digest", "code_version",
           "code_digest", "metrics")  # fmt: skip
_MEASURES = ("median_ape", "coverage", "mean_width")


@explain_errors
def models_command(as_json: Json = False) -> None:
    """List the versions, newest first: which answers now, and how good each was on ads it had not seen.

    Status: champion answers now, retired answered once, rejected never did.

    Example: automart price-bands models
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


def _shares(metrics: dict[str, Any]) -> list[str]:
    return [percent(metrics.get(name)) for name in _MEASURES]
