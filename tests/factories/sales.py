"""Invented sales in the database: sold cars and cars on offer, of three dealers, as `samples.sales` draws them."""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from math import log
from random import Random
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.clock import market_today, utc_now
from core.db.tables import Listing
from core.vocabulary import ListingStatus
from models.sale_prices.train import SaleModel, train
from samples.sales import days_until_sale, invented_sales, sale_price
from tests.factories.listings import add_listing
from tests.models.price_bands.conftest import AS_OF, MODELS, invented_market

DEALERS = ("khan-motors", "city-cars", "malik-autos")
WATCHED = 120
_STORED = ("source_key", "title", "make", "model", "variant", "model_year", "mileage_km", "price_pkr", "fuel", "body",
           "transmission", "assembly", "engine_cc", "city", "province", "registered_in", "listed_on", "visibility",
           "channels")  # fmt: skip


@lru_cache(maxsize=1)
def fitted_sales() -> SaleModel:
    """Fit the sale model to invented sales of forty sellers."""
    return train(invented_sales(), teaching=lambda sales: sales)


def fair(car: dict[str, Any]) -> float:
    """Compute the price by `invented_market`'s formula without noise."""
    age, km = AS_OF.year - car["model_year"], car["mileage_km"]
    level = MODELS[car["make"], car["model"]][1]
    return float(np.exp(level - 0.06 * age - 0.0000008 * km + 0.07 * (car["transmission"] == "automatic")))


def add_sales(
    session: Session, count: int, *, seed: int = 3, told: bool = True, dealers: Sequence[str] = DEALERS
) -> None:
    """Add cars that came on offer in the last 120 days, of which those that sold until today are sold.

    The cars go to the dealers in turns.
    """
    random, today, now = Random(seed), market_today(), utc_now()
    cars = invented_market(count, seed=seed).select(_STORED).with_columns(pl.lit("public").alias("visibility"))
    owner_of = {dealer: _owner(session, dealer) for dealer in sorted(set(dealers))}
    rows = []
    for number, car in enumerate(cars.to_dicts(), 1):
        watched, above = random.randrange(WATCHED), log(car["price_pkr"] / fair(car))
        days = days_until_sale(above, random)
        sold = days <= watched
        age = AS_OF.year - car["model_year"]
        rows.append(
            car
            | owner_of[dealers[number % len(dealers)]]
            | {
                "row_number": number,
                "listed_on": today - timedelta(days=watched),
                "status": ListingStatus.SOLD if sold else ListingStatus.LIVE,
                "state_by": "person" if sold else "feed",
                "sold_on": today - timedelta(days=watched - days) if sold else None,
                "sold_price_pkr": sale_price(car["price_pkr"], above, age, random) if sold and told else None,
                "removed_at": now - timedelta(days=watched - days) if sold else None,
            }
        )
    session.execute(insert(Listing), rows)
    session.flush()


def _owner(session: Session, dealer: str) -> dict[str, Any]:
    """Make a dealer with a file, and return what its listings share."""
    template = session.get_one(Listing, add_listing(session, org=dealer, price_pkr=None, listed_on=None))
    owner = {name: getattr(template, name) for name in ("org_id", "content_hash", "content_hash_version", "file_id")}
    session.delete(template)
    return owner
