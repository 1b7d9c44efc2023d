"""Measure what popularity does to the order of results, on click logs of invented shoppers.

    python -m bench.search.popularity

Shoppers of `samples.visits` visit invented cars for five weeks. Popularity is counted of the first four by the figures
and the formula that the platform uses; the searches of the fifth are judged. Of each, the cars that were shown are put
in the order that the embedded engine gives them, with popularity and without, and NDCG tells how near to the top those
are that the shopper opened (a contact counts as three views). Cars were shown in a random order, and a view low in the
list counts for more, as fewer shoppers look there.

A spread of 0 makes all cars equally appealing: then there is nothing to find, and a signal that only repeats the past
would show itself by a loss. `best` orders by the true appeal, which nobody knows outside a sample.
"""

import argparse
import math
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

import polars as pl

from bench.search.market import documents, market
from core.access.audience import Audience
from core.search import ListingDocument, ListingFilters, SearchEngine, SearchQuery
from core.search.tantivy import TantivyEngine
from pipelines.engagement.aggregates.measures import MEASURES, SUMS, examination
from pipelines.engagement.popularity import CONTACT_VIEWS, DAYS, popularity_steps
from samples.visits import TrafficCar, draw_visits

_UNTIL: Final = datetime(2026, 11, 1, tzinfo=UTC)
_JUDGED_FROM: Final = _UNTIL - timedelta(days=7)
_ANYONE: Final = Audience.anonymous()
Order = Callable[[str], float]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cars", type=int, default=2_000)
    options.add_argument("--sessions-a-day", type=int, default=1_000)
    options.add_argument("--days", type=int, default=60, help="days over which the cars came on offer")
    given = options.parse_args()
    print("spread of appeal: searches with a view, NDCG without popularity, with it, best; cars with steps")
    for spread in (0.0, 0.25, 0.5, 0.75):
        print(f"  {spread:4}  {_measured(_stock(given.cars, given.days), spread, given.sessions_a_day)}")


def _measured(stock: Sequence[ListingDocument], spread: float, sessions_a_day: int) -> str:
    draw = Random(f"{spread}:appeal")
    appeal = {str(car.id): math.exp(draw.gauss(0, spread)) for car in stock}
    events = _events(stock, appeal, sessions_a_day)
    steps = {one: round(value) for one, value in popularity_steps(_counts(events)).items()}
    stock = [replace(car, popularity=steps.get(car.id, 0)) for car in stock]
    with tempfile.TemporaryDirectory() as home:
        engine = TantivyEngine(Path(home))
        with engine.rebuilding() as batch:
            batch.upsert(stock)
        places = [_places(engine, stock, popularity=popularity) for popularity in (False, True)]
    orders: list[Order] = [places[0].__getitem__, places[1].__getitem__, lambda listing: -appeal[listing]]
    judged = _judged(events)
    figures = [sum(_ndcg(shown, order) for shown in judged) / len(judged) for order in orders]
    lifted = sum(value > 0 for value in steps.values()) / len(stock)
    return f"{len(judged):,} {' '.join(f'{each:.4f}' for each in figures)} {lifted:.0%}"


def _stock(count: int, days: int) -> list[ListingDocument]:
    """Return public cars that came on offer evenly over the days before the last week."""
    draw, first = Random(60), (_JUDGED_FROM - timedelta(days=days)).date()
    cars = [replace(car, fresh_on=first + timedelta(days=draw.randrange(days))) for car in documents(market(count))]
    return [car for car in cars if "automart" in car.channels and car.visibility == "public"]


def _events(stock: Sequence[ListingDocument], appeal: Mapping[str, float], sessions_a_day: int) -> pl.DataFrame:
    cars = [
        TrafficCar(str(car.id), car.dealer, car.make, car.model, car.city or "", appeal[str(car.id)]) for car in stock
    ]
    visits = draw_visits(cars, _UNTIL, Random("visits"), days=DAYS + 7, a_day=sessions_a_day)
    rows = [
        {
            "device": visit.device,
            "mark": "bot" if visit.is_bot else "none",
            "at": each.at.astimezone(UTC),
            "type": each.type,
        }
        | {name: each.fields.get(name) for name in ("listing_id", "query_id", "position")}
        for visit in visits
        for each in visit.happenings
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _counts(events: pl.DataFrame) -> pl.DataFrame:
    """Count the first weeks by listing, as `pipelines.engagement.popularity` reads them from counted days."""
    day = pl.col("at").dt.date()
    seen = events.filter((pl.col("at") < _JUDGED_FROM) & pl.col("listing_id").is_not_null())
    daily = seen.group_by("listing_id", day=day).agg(
        clicks=MEASURES["placed_clicks"].sum(),
        contacts=MEASURES["contacts"].sum(),
        visitors=pl.col("device").filter(MEASURES["views"]).n_unique(),
        seen=SUMS["examined"].sum() / 1_000_000,
    )
    return daily.group_by("listing_id").agg(
        clicks=pl.min_horizontal("clicks", "visitors").sum().cast(pl.Int64),
        contacts=pl.min_horizontal("contacts", "visitors").sum().cast(pl.Int64),
        visits=pl.col("visitors").sum().cast(pl.Int64),
        seen=pl.col("seen").sum(),
    )


def _places(engine: SearchEngine, stock: Sequence[ListingDocument], *, popularity: bool) -> dict[str, int]:
    """Return the place of each car among those of its model."""
    found: dict[str, int] = {}
    for make, model in {(car.make, car.model) for car in stock}:
        query = SearchQuery(filters=ListingFilters(make=(make,), model=(model,)), limit=100, popularity=popularity)
        ids = list(_all(engine, query))
        found |= {str(listing): place for place, listing in enumerate(ids)}
    return found


def _all(engine: SearchEngine, query: SearchQuery) -> Iterator[UUID]:
    page = engine.search(query, _ANYONE)
    yield from page.ids
    while page.next_cursor is not None:
        page = engine.search(replace(query, cursor=page.next_cursor), _ANYONE)
        yield from page.ids


def _judged(events: pl.DataFrame) -> list[dict[str, float]]:
    """Return the cars shown by each search of the last week in which one was opened, each with its gain."""
    last = events.filter((pl.col("at") >= _JUDGED_FROM) & (pl.col("mark") == "none"))
    weight = 1_000_000 / examination()
    shown: dict[str, dict[str, float]] = defaultdict(dict)
    weights: dict[tuple[str, str], float] = {}
    for row in last.filter(type="listing_impression").with_columns(weight=weight).to_dicts():
        shown[row["query_id"]][row["listing_id"]] = 0.0
        weights[row["query_id"], row["listing_id"]] = row["weight"]
    for row in last.filter(MEASURES["views"] | MEASURES["contacts"]).to_dicts():
        _add(shown, weights, row)
    return [cars for _, cars in sorted(shown.items()) if any(cars.values())]


def _add(shown: dict[str, dict[str, float]], weights: dict[tuple[str, str], float], row: dict[str, Any]) -> None:
    key = row["query_id"], row["listing_id"]
    if key in weights:
        shown[key[0]][key[1]] += weights[key] * (1 if row["type"] == "listing_view" else CONTACT_VIEWS)


def _ndcg(shown: Mapping[str, float], order: Order) -> float:
    def gain(listings: Sequence[str]) -> float:
        return sum(shown[one] / math.log2(place + 1) for place, one in enumerate(listings, 1))

    best = sorted(shown, key=lambda one: -shown[one])
    return gain(sorted(shown, key=order)) / gain(best)


if __name__ == "__main__":
    main()
