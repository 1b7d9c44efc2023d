"""`automart price-bands index`: show how asking prices moved."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.db.session import transaction
from core.platform import open_platform
from serving.price_bands.service import market_index_of


@explain_errors
def index_command(
    make: Annotated[str | None, typer.Option(help="For example Toyota; without it, the whole market.")] = None,
    model: Annotated[str | None, typer.Option(help="For example Corolla; needs --make.")] = None,
    as_json: Json = False,
) -> None:
    """Show how asking prices of like cars moved from month to month: 100 is the base month.

    The index is computed with each training (asset price_bands/market_index). A month without enough ads is absent.
    Low and high hold the level with 95 % probability.

    Forecasts of 3 and 6 months follow, with an interval of 80 % by how far past forecasts of the segment were off. "No
    change" is the forecast unless carrying on the last year's move was clearly better before.

    Example: automart price-bands index --make Toyota --model Corolla
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        series = market_index_of(session, make, model)
        forecasts, no_forecast = series.forecasts, series.no_forecast
        months = [(row.month, row.level, row.low, row.high, row.samples) for row in series.months]
    names = ("month", "level", "low", "high", "samples")
    if as_json:
        rows = [dict(zip(names, row, strict=True)) for row in months]
        facts = {"segment_kind": series.segment_kind, "make": series.make, "model": series.model}
        later = {"forecasts": [asdict(each) for each in forecasts], "no_forecast": no_forecast}
        print_json(facts | {"base_month": series.base_month, "months": rows} | later)
        return
    title = " ".join(part for part in (series.make, series.model) if part) or "the whole market"
    shown = [(f"{row[0]:%b %Y}", *(f"{level:.1f}" for level in row[1:4]), row[4]) for row in months]
    print_table(("month", "level", "low", "high", "ads"), shown, title=f"Asking prices of {title}")
    if no_forecast is not None:
        typer.echo(f"No forecast: {no_forecast.value.replace('_', ' ')}.")
        return
    ahead = [
        (f"{each.month:%b %Y}", f"{each.level:.1f}", f"{each.low:.1f}", f"{each.high:.1f}",
         each.method.value.replace("_", " "), f"{each.error:.1%}", each.origins)
        for each in forecasts
    ]  # fmt: skip
    print_table(("month", "level", "low", "high", "method", "past error", "past forecasts"), ahead, title="Forecast")
