"""Pricing samples: live listings whose asking price is true, one a car."""

import io
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import polars as pl
from sqlalchemy.orm import Session

from core.clock import market_today
from core.errors import NotFoundError
from core.storage import Storage
from models.price_bands.features import CAN_BE_PRICED, build
from models.price_bands.train import market_day
from pipelines.price_bands.repository import CAR_COLUMNS, PriceBandRepository

CHEAPEST_PKR, DEAREST_PKR = 50_000, 1_000_000_000
SLIP_FACTOR = 6.0
"""A price so many times above or below its model's, at the same age, has slipped a unit (lakh for crore, a zero)."""
_ENOUGH_PEERS = 5
_SAME_CAR = ["make_key", "model_key", "variant_key", "model_year", "mileage_km", "color", "engine_cc",
             "registered_key", "city_key"]  # fmt: skip


@dataclass(frozen=True)
class SamplesResult:
    """What became of the live listings: samples + excluded = listings."""

    listings: int
    samples: int
    excluded: dict[str, int]  # call_for_price, impossible_car, implausible_price, repost
    storage_key: str
    digest: str  # SHA-256 of the samples' content


def build_samples(session: Session, storage: Storage) -> SamplesResult:
    """Choose the samples among the live listings and put them in storage under their digest."""
    listings = PriceBandRepository(session).live_cars()
    samples, excluded = choose_samples(listings)
    digest = sha256(samples.write_csv().encode()).hexdigest()
    key = f"price_bands/samples/{digest}.parquet"
    if not storage.exists(key):
        buffer = io.BytesIO()
        samples.write_parquet(buffer)
        storage.put(key, buffer.getvalue())
    return SamplesResult(listings.height, samples.height, excluded, key, digest)


def read_samples(storage: Storage, key: str) -> pl.DataFrame:
    """The samples under a key that `build_samples` gave.

    Raises:
        NotFoundError: `no_samples`: there are none.
    """
    if not key or not storage.exists(key):
        raise NotFoundError(
            "There are no pricing samples yet: import listings, then run `automart price-bands train`.",
            code="no_samples",
        )
    return pl.read_parquet(io.BytesIO(storage.get(key)))


def choose_samples(listings: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """Pure part of `build_samples`: the samples in an order that depends on their content alone, and the exclusions.

    Each listing is excluded for the first reason that holds: no price; no car that can be; a price that cannot be,
    on its own or beside its model's at that age; the same car again (its newest ad stays).
    """
    as_of = market_day(listings, otherwise=market_today())
    features = build(listings, as_of=as_of)
    cars = listings.select(CAR_COLUMNS).hstack(
        features.select(
            "make_key", "model_key", "variant_key", "registered_key", "city_key", "age", possible=CAN_BE_PRICED
        )
    )
    price = pl.col("price_pkr")
    reason = (
        pl.when(price.is_null())
        .then(pl.lit("call_for_price"))
        .when(~pl.col("possible"))
        .then(pl.lit("impossible_car"))
        .when(~price.is_between(CHEAPEST_PKR, DEAREST_PKR))
        .then(pl.lit("implausible_price"))
    )
    cars = _mark_slips(cars.with_columns(excluded=reason))
    cars = _mark_reposts(cars)
    counts = cars["excluded"].drop_nulls().value_counts(sort=True)
    samples = cars.filter(pl.col("excluded").is_null()).select(CAR_COLUMNS).sort(CAR_COLUMNS[1:], nulls_last=True)
    return samples, dict(sorted(counts.iter_rows()))


def _mark_slips(cars: pl.DataFrame) -> pl.DataFrame:
    """Mark prices far from the median of their model, all brought to one age by the model's depreciation."""
    left = pl.col("excluded").is_null()
    log_price, age = pl.when(left).then(pl.col("price_pkr").log()), pl.when(left).then(pl.col("age"))
    off_price, off_age = log_price - log_price.mean().over("model_key"), age - age.mean().over("model_key")
    slope = cars.select((off_price * off_age).sum() / (off_age**2).sum()).item() or 0.0
    at_birth = log_price - (slope if np.isfinite(slope) else 0.0) * age
    far = (at_birth - at_birth.median().over("model_key")).abs() > float(np.log(SLIP_FACTOR))
    peers = left.cast(pl.Int32).sum().over("model_key")
    slipped = left & far & (peers >= _ENOUGH_PEERS)
    return cars.with_columns(pl.when(slipped).then(pl.lit("implausible_price")).otherwise("excluded").alias("excluded"))


def _mark_reposts(cars: pl.DataFrame) -> pl.DataFrame:
    """Mark all but the newest of ads that agree in everything that tells cars apart; unknown mileage tells nothing."""
    newest_first = cars.sort("listed_on", "price_pkr", "source_key", descending=True, nulls_last=True)
    left = pl.col("excluded").is_null() & pl.col("mileage_km").is_not_null()
    again = left & (left.cast(pl.Int32).cum_sum().over(_SAME_CAR) > 1)
    return newest_first.with_columns(pl.when(again).then(pl.lit("repost")).otherwise("excluded").alias("excluded"))
