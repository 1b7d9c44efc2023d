"""Explain a price: its parts in rupees, the nearest cars on offer, and the trend of its market."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.car_keys import car_key
from core.clock import market_today
from core.listing_frame import LISTING_SCHEMA
from models.price_bands.comparables.nearest import nearest
from models.price_bands.index.market_index import segment_keys
from models.price_bands.narrowing import Narrowing, narrowings
from models.price_bands.shapley import INPUTS, contributions
from serving.listings.errors import ListingNotFoundError
from serving.price_bands.champion import Champion, ChampionCache
from serving.price_bands.market import MarketRepository
from serving.price_bands.quote_request import QuoteRequest, as_frame

COMPARABLES = 6
TREND_MONTHS = 12
FEWEST_TYPICAL = 3
"""With fewer cars of the model on offer there is no typical one to compare with."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """The amount that an input (of `explanation.INPUTS`, or not_stated) adds to the typical car's price."""

    input: str
    pkr: int


@dataclass(frozen=True, slots=True)
class Reference:
    """The typical car of the model on offer, as the caller sees the market, and what the model says it is worth."""

    price_pkr: int
    listings: int
    car: dict[str, Any]  # canonical columns; middle values of numbers, the most frequent word of the others


@dataclass(frozen=True, slots=True)
class ComparableCar:
    """A live car like the one asked about; `distance` 1 is a car one model year apart and otherwise equal."""

    id: UUID
    title: str
    model_year: int
    mileage_km: int | None
    price_pkr: int
    city: str | None
    listed_on: date | None
    distance: float
    deal_rating: str | None


@dataclass(frozen=True, slots=True)
class TrendMonth:
    """One month of the index; 100 in the base month."""

    month: date
    level: float
    low: float
    high: float
    samples: int


@dataclass(frozen=True, slots=True)
class Trend:
    """The newest months of the finest segment that has an index: the model, else its make, else the market."""

    segment_kind: str
    make: str | None
    model: str | None
    change: float  # of the last month against the first shown: 0.04 is 4 % dearer
    months: list[TrendMonth]


@dataclass(frozen=True, slots=True)
class Explanation:
    """reference.price_pkr + the sum of contributions = mid_pkr. No reference: too few cars like it to say."""

    mid_pkr: int | None
    reference: Reference | None
    contributions: list[Contribution]
    comparables: list[ComparableCar]
    trend: Trend | None
    narrowings: list[Narrowing]  # unstated inputs that would narrow the band, the most useful first


_Parts = tuple[int | None, Reference | None, list[Contribution]]


def explain_quote(session: Session, cache: ChampionCache, car: QuoteRequest, audience: Audience) -> Explanation:
    """Explain what a car would be worth that is not listed."""
    return explain(session, cache.get(session), as_frame([car]), audience)


def explain_listing(session: Session, cache: ChampionCache, listing_id: UUID, audience: Audience) -> Explanation:
    """Explain what a listing is worth to the model that answers now; its stored band may be of the one before.

    Raises:
        NotFoundError: `listing_not_found`: unknown, removed, or not for this audience.
    """
    car = MarketRepository(session).car(listing_id, audience)
    if car is None:
        raise ListingNotFoundError(listing_id)
    return explain(session, cache.get(session), car, audience, excluding=listing_id)


def explain(
    session: Session,
    champion: Champion | None,
    car: pl.DataFrame,
    audience: Audience,
    *,
    excluding: UUID | None = None,
) -> Explanation:
    """Explain the price of one car (a row of canonical columns) to somebody; `excluding` is the car's own listing."""
    market = MarketRepository(session)
    row = car.row(0, named=True)
    make, model = row["make"], row["model"]
    if not car_key(make) or not car_key(model):
        return Explanation(None, None, [], [], _trend(market, car), [])
    offers, values = market.typical(make, model, audience)
    # A trim or an engine that most cars of the model do not state is no part of the typical car.
    typical = pl.DataFrame([values], schema={name: LISTING_SCHEMA[name] for name in values})
    asked = car.select(name for name in car.columns if name != "price_pkr")
    parts: _Parts = (None, None, [])
    open_inputs: list[Narrowing] = []
    if champion is not None and offers >= FEWEST_TYPICAL:
        parts = _contributions(champion, asked, typical, offers)
        open_inputs = narrowings(champion.model, asked, typical)
    return Explanation(*parts, _comparables(market, car, audience, excluding), _trend(market, car), open_inputs)


def _contributions(champion: Champion, asked: pl.DataFrame, typical: pl.DataFrame, offers: int) -> _Parts:
    found = contributions(champion.model, asked, typical)
    if found is None:
        return None, None, []
    values = typical.row(0, named=True)
    shown = {name: value for name, value in values.items() if any(name in columns for columns in INPUTS.values())}
    parts = [Contribution(name, pkr) for name, pkr in found.by_input.items()]
    return found.mid_pkr, Reference(found.reference_pkr, offers, shown), parts


def _comparables(
    market: MarketRepository, car: pl.DataFrame, audience: Audience, excluding: UUID | None
) -> list[ComparableCar]:
    row = car.row(0, named=True)
    found = market.candidates(row["make"], row["model"], row["model_year"], row["mileage_km"], audience)
    found = found.filter(pl.col("id") != str(excluding))
    best = nearest(car, found, today=market_today(), limit=COMPARABLES)
    names = ("title", "model_year", "mileage_km", "price_pkr", "city", "listed_on", "distance", "deal_rating")
    return [
        ComparableCar(id=UUID(each["id"]), **{name: each[name] for name in names})
        for each in best.iter_rows(named=True)
    ]


def _trend(market: MarketRepository, car: pl.DataFrame) -> Trend | None:
    make_key, model_key = segment_keys(car["make"][0], car["model"][0])
    for kind, segment in (("model", model_key), ("make", make_key), ("market", "")):
        rows = market.index(kind, segment, months=TREND_MONTHS)
        if len(rows) >= 2:
            months = [TrendMonth(row.month, row.level, row.low, row.high, row.samples) for row in rows]
            change = round(rows[-1].level / rows[0].level - 1, 4)
            return Trend(kind, rows[-1].make, rows[-1].model, change, months)
    return None
