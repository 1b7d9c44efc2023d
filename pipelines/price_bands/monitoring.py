"""The daily watch: how good the champion's bands are on prices that came after its training."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from core.clock import market_today, utc_now
from core.db.tables import PriceModel
from core.price_models import champion
from core.storage import Storage
from models.price_bands.artifact import loads
from models.price_bands.evaluation.monitoring import measure_model
from pipelines.price_bands.monitoring_repository import PriceWatchRepository
from pipelines.price_bands.sample_exclusions import mark_exclusions
from pipelines.price_bands.samples import is_fresh, read_samples, samples_key


@dataclass(frozen=True)
class WatchResult:
    """What was measured: rows of `price_accuracy` and `price_drift`. Without a champion or newer prices, nothing."""

    version: str | None
    trained_at: datetime | None
    fresh: int  # newly priced ads that a model may be judged by
    left_out: int  # newly priced ads that are no true prices
    accuracy: list[dict[str, Any]] = field(default_factory=list)
    drift: list[dict[str, Any]] = field(default_factory=list)


def watch_prices(session: Session, storage: Storage) -> WatchResult:
    """Measure the champion on the ads whose price is newer than it, and keep the numbers under today's date.

    A second watch on the same day replaces the first. The ads go through the same exclusions as samples do.
    """
    row = champion(session)
    if row is None:
        return WatchResult(None, None, 0, 0)
    fresh, market, left_out = fresh_samples(session, row)
    measured = measure_model(loads(storage.get(row.storage_key)), fresh, _peers(storage, row, market))
    PriceWatchRepository(session).replace(market_today(), row.version, measured.accuracy, measured.drift, at=utc_now())
    return WatchResult(row.version, row.trained_at, fresh.height, left_out, measured.accuracy, measured.drift)


def fresh_samples(session: Session, row: PriceModel) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Ads whose price is newer than a version, oldest first; all ads with a true price; new ads that are left out."""
    ads = mark_exclusions(PriceWatchRepository(session).ads_since(row.trained_at))
    true = ads.filter(pl.col("excluded").is_null())
    fresh = true.filter("is_new").sort("listed_on", "source_key", nulls_last=False)
    left_out = ads.filter(pl.col("is_new") & pl.col("excluded").is_not_null()).height
    return fresh, true, left_out


def _peers(storage: Storage, row: PriceModel, market: pl.DataFrame) -> pl.DataFrame:
    """What the version learnt today's prices from; the present market where that is no longer kept."""
    key = samples_key(row.data_digest)
    if not storage.exists(key):
        return market
    learnt = read_samples(storage, key)
    return learnt.filter(is_fresh(learnt))
