"""`automart price-bands depreciation`: show how the price of a model falls with its years."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.access.audience import Audience
from core.db.session import transaction
from core.platform import open_platform
from serving.price_bands.champion import ChampionCache
from serving.price_bands.depreciation import depreciation_of


@explain_errors
def depreciation_command(
    make: Annotated[str, typer.Option(help="For example Toyota.")],
    model: Annotated[str, typer.Option(help='For example Corolla, "Wagon R".')],
    as_json: Json = False,
) -> None:
    """Show how the price of a model falls with its years, and how many cars on offer stand behind each year.

    Each year is quoted as by `automart price-bands quote` with make, model and year alone, for the years between the
    newest and the oldest public car on offer. A year of few cars leans on its neighbours and on like models.

    Example: automart price-bands depreciation --make Toyota --model Corolla
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        curve = depreciation_of(session, ChampionCache(platform.storage), make, model, Audience.anonymous())
    if as_json:
        print_json(asdict(curve))
        return
    rows = [
        (str(year.model_year), f"{year.low_pkr:,}", f"{year.mid_pkr:,}", f"{year.high_pkr:,}",
         f"{year.share_of_newest:.0%}", year.offers)
        for year in curve.years
    ]  # fmt: skip
    names = ("year", "low", "middle", "high", "of newest", "on offer")
    print_table(names, rows, title=f"Asking prices of {make} {model} by model year, PKR")
