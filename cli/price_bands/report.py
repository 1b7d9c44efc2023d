"""`automart price-bands report`: write the valuation report of a listing as a page."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from cli.output import explain_errors
from cli.tables import printable
from core.access.audience import Audience
from core.db.session import transaction
from core.platform import open_platform
from serving.price_bands.champion import ChampionCache
from serving.price_bands.report.page import report_page, valuation_of


class Language(StrEnum):
    """Languages of the report."""

    ENGLISH = "en"
    URDU = "ur"


@explain_errors
def report_command(
    listing_id: Annotated[UUID, typer.Argument(metavar="LISTING", help="The id of a public listing.")],
    output: Annotated[Path, typer.Option(help="The file to write.", dir_okay=False)] = Path("report.html"),
    language: Annotated[Language, typer.Option(help="en or ur.")] = Language.ENGLISH,
) -> None:
    """Write the valuation report of a listing as an HTML page, as anybody may see it.

    It shows the band, what it is made of, similar cars on offer, the trend of prices and what all of it rests on.

    Example: automart price-bands report 019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b --language ur --output report.html
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        valuation = valuation_of(session, ChampionCache(platform.storage), listing_id, Audience.anonymous())
    output.write_text(report_page(valuation, language.value), encoding="utf-8")
    typer.echo(printable(f"Written to {output}."))
