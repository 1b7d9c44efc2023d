"""`automart search unread-words`: what shoppers typed and searches did not understand."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import polars as pl
import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.access.audience import Audience
from core.access.thresholds import FEWEST_DEVICES
from core.clock import utc_now
from core.db.session import transaction
from core.platform import open_platform
from core.search import open_search_engine
from pipelines.engagement.cold.scanning import scan_events
from pipelines.search.unread_words import UnreadReport, unread_words


@explain_errors
def unread_words_command(
    days: Annotated[int, typer.Option(min=1, max=90, help="How many days back to look.")] = 7,
    most: Annotated[int, typer.Option(min=1, max=1000, help="Words to show.")] = 50,
    as_json: Json = False,
) -> None:
    """List the words of shoppers' searches that were not understood, so that the lexicon can be taught them.

    A word is shown once 20 different devices have typed it; whole searches are never shown. Bots, staff and owners do
    not count. It reads the hours that are closed; docs/search.md says where a word is taught.

    Example: automart search unread-words --days 30
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        end = utc_now()
        events = scan_events(session, platform.storage, end - timedelta(days=days), end)
        asked = events.filter((pl.col("type") == "search") & (pl.col("mark") == "none"))
        searches = asked.select("query", "device", "results").collect()
        report = unread_words(searches, open_search_engine(platform.settings).vocabulary(Audience.anonymous()), most)
    if as_json:
        print_json(asdict(report))
        return
    _show(report)


def _show(report: UnreadReport) -> None:
    rows = [(one.word, one.devices, one.searches, one.without_cars) for one in report.words]
    print_table(("word", "devices", "searches", "found nothing"), rows)
    typer.echo(
        f"{report.understood:,} of {report.searches:,} searches were understood. {report.rare_words:,} further words"
        f" were typed by fewer than {FEWEST_DEVICES} devices and are not shown."
    )
