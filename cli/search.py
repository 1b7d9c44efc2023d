"""`automart search`: ask the index as a visitor would, and keep it level with the database."""

from contextlib import suppress
from dataclasses import asdict
from typing import Annotated

import typer

from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.db.session import transaction
from core.errors import RetryableError
from core.platform import open_platform
from core.search import Audience, ListingFilters, SearchQuery, Sort, open_search_engine
from pipelines.search.audit import index_report
from pipelines.search.rebuild import rebuild_index
from pipelines.search.sending import SyncResult
from pipelines.search.sync import sync_index
from serving.listings.service import ListingResults, search_listings

app = typer.Typer(
    help="Search the listings as a visitor of automart.pk would, and look after the index.\n\n"
    'Example: automart search query "corola 2018" --city Lahore --sort price_asc',
    no_args_is_help=True,
)

Json = Annotated[bool, typer.Option("--json", help="One line of JSON on stdout, for scripts.")]
Several = list[str] | None


@app.command("query")
@explain_errors
def query_command(
    text: Annotated[str, typer.Argument(help='Words to find, all of them; small typos are forgiven. "" finds all.')],
    make: Annotated[Several, typer.Option(help="Only this make; give it again for alternatives.")] = None,
    model: Annotated[Several, typer.Option(help="Only this model; may be repeated.")] = None,
    city: Annotated[Several, typer.Option(help="Only this city; may be repeated.")] = None,
    dealer: Annotated[Several, typer.Option(help="Only this dealer's code; may be repeated.")] = None,
    year_min: Annotated[int | None, typer.Option(help="Model year, from.")] = None,
    year_max: Annotated[int | None, typer.Option(help="Model year, to.")] = None,
    price_min: Annotated[int | None, typer.Option(help="Price in whole rupees, from.")] = None,
    price_max: Annotated[int | None, typer.Option(help="Price in whole rupees, to.")] = None,
    sort: Annotated[Sort, typer.Option(help="Order of the hits.")] = Sort.RELEVANCE,
    limit: Annotated[int, typer.Option(help="Hits to show, 1 to 100.")] = 20,
    as_json: Json = False,
) -> None:
    """Find cars as an anonymous visitor would: live, public, on automart.pk.

    The index is brought level with the database first, so a file that was just imported is found.
    With --json: {"total", "items": [...], "next_cursor"}. Example: automart search query "hnda civic" --json
    """
    filters = ListingFilters(
        make=tuple(make or ()),
        model=tuple(model or ()),
        city=tuple(city or ()),
        dealer=tuple(dealer or ()),
        year_min=year_min,
        year_max=year_max,
        price_min=price_min,
        price_max=price_max,
    )
    asked = SearchQuery(text, filters, sort, limit)
    found = _find(asked)
    if as_json:
        items = [asdict(item) for item in found.items]
        print_json({"total": found.total, "items": items, "next_cursor": found.next_cursor})
        return
    columns = ("title", "year", "price PKR", "km", "city", "dealer")
    rows = (
        (item.title, str(item.model_year), item.price_pkr, item.mileage_km, item.city, item.dealer_code)
        for item in found.items
    )
    print_table(columns, rows, title=f"{found.total:,} found, {len(found.items)} shown")


def _find(asked: SearchQuery) -> ListingResults:
    with open_platform() as platform:
        engine = open_search_engine(platform.settings)
        with transaction(platform.sessions) as session, suppress(RetryableError):  # another process is at it
            sync_index(session, engine)
        with transaction(platform.sessions) as session:
            return search_listings(session, engine, asked, Audience.anonymous())


@app.command("sync")
@explain_errors
def sync_command(as_json: Json = False) -> None:
    """Send what changed since the last sync to the index; build the index where it is missing or was lost."""
    with open_platform() as platform, transaction(platform.sessions) as session:
        result = sync_index(session, open_search_engine(platform.settings))
    _tell(result, as_json)


@app.command("rebuild")
@explain_errors
def rebuild_command(as_json: Json = False) -> None:
    """Build the index anew from the database. Searches go on in the old one until the new one is whole."""
    with open_platform() as platform, transaction(platform.sessions) as session:
        result = rebuild_index(session, open_search_engine(platform.settings))
    _tell(result, as_json)


@app.command("status")
@explain_errors
def status_command(as_json: Json = False) -> None:
    """Compare the index with the database: how many listings each holds, and how many changes are still to come."""
    with open_platform() as platform, transaction(platform.sessions) as session:
        report = index_report(session, open_search_engine(platform.settings))
    if as_json:
        print_json(asdict(report) | {"in_step": report.in_step})
        return
    rows = (("live", report.live, report.indexed), ("public on automart", report.live_public, report.indexed_public))
    print_table(("listings", "database", "index"), rows)
    advice = "in step" if report.in_step and not report.lag else "run `automart search sync`"
    typer.echo(f"{report.lag:,} changes behind: {advice}.")


def _tell(result: SyncResult, as_json: bool) -> None:
    if as_json:
        print_json(asdict(result))
    elif result.rebuilt:
        typer.echo(f"Built the index anew with {result.upserted:,} listings.")
    else:
        typer.echo(f"{result.events:,} changes: {result.upserted:,} listings put in, {result.deleted:,} taken out.")
