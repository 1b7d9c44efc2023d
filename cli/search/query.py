"""`automart search query`: find cars as a visitor would."""

from contextlib import suppress
from dataclasses import asdict, replace
from typing import Annotated

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.access.audience import Audience
from core.db.session import transaction
from core.errors import AutomartError
from core.platform import open_platform
from core.search import ListingFilters, SearchQuery, Sort, open_search_engine
from pipelines.search.rebuild import RebuildLimits
from pipelines.search.sync import sync_index
from serving.listings.finding.service import ListingResults, search_listings

Several = list[str] | None


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

    The index is brought up to date with the database first, so a file that was just imported is found.
    With --json: {"total", "items": [...], "next_cursor"}.

    Example: automart search query "hnda civic" --json
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
        with transaction(platform.sessions) as session, suppress(AutomartError):  # another is at it, or refused
            sync_index(session, engine, RebuildLimits.of(platform.settings))
        with transaction(platform.sessions) as session:
            query = replace(asked, popularity=platform.settings.search_popularity)
            return search_listings(session, engine, query, Audience.anonymous())
