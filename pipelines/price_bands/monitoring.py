"""Measure every day how good the champion's bands are on prices that came after its training."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from core.clock import market_today, utc_now
from core.db.tables import PriceModel
from core.prices.models import champion
from core.storage import Storage
from models.price_bands.artifact import PriceBandModel, loads
from models.price_bands.evaluation.drift import input_problems
from models.price_bands.evaluation.monitoring import measure_model
from models.price_bands.inputs.features import build
from models.price_bands.predict import predict_bands
from pipelines.price_bands.monitoring_repository import PriceWatchRepository
from pipelines.price_bands.samples.choosing import is_fresh, read_samples, samples_key
from pipelines.price_bands.samples.exclusions import Exclusion, mark_exclusions
from pipelines.price_bands.samples.teaching import teaching_ads
from pipelines.price_bands.versions.backtest import level_changes

_WRONG_PRICES = (Exclusion.SLIPPED_UNIT, Exclusion.IMPLAUSIBLE_PRICE)
_FEWEST_WRONG, _WRONG_SHARE = 10, 0.1


@dataclass(frozen=True)
class WatchResult:
    """Rows of `price_accuracy` and `price_drift`, and warnings; empty without a champion or newer prices."""

    version: str | None
    trained_at: datetime | None
    fresh: int  # newly priced ads that a model may be judged by
    left_out: int  # newly priced ads that are no true prices
    accuracy: list[dict[str, Any]] = field(default_factory=list)
    drift: list[dict[str, Any]] = field(default_factory=list)
    input_warnings: list[str] = field(default_factory=list)  # either of them stops recalibration
    level_warnings: list[str] = field(default_factory=list)
    price_warnings: list[str] = field(default_factory=list)  # feeds whose prices were left out; they stop nothing

    @property
    def warnings(self) -> dict[str, list[str]]:
        """The warnings of each kind, in the order of the fields, by their names."""
        return {name: getattr(self, name) for name in ("input_warnings", "level_warnings", "price_warnings")}


def watch_prices(session: Session, storage: Storage) -> WatchResult:
    """Measure the champion on the ads whose price is newer than it, and keep the numbers under today's date.

    A second watch on the same day replaces the first. The ads go through the same exclusions as samples do.
    """
    row = champion(session)
    if row is None:
        return WatchResult(None, None, 0, 0)
    fresh, market, excluded = fresh_samples(session, row)
    model = loads(storage.get(row.storage_key))
    measured = measure_model(model, fresh, _learnt_from(storage, row, market))
    PriceWatchRepository(session).replace(row.version, measured, on=market_today(), at=utc_now())
    warnings = (input_warnings(model, fresh), level_warnings(model, fresh))
    counts = (row.version, row.trained_at, fresh.height, excluded.height)
    return WatchResult(*counts, measured.accuracy, measured.drift, *warnings, price_warnings(fresh, excluded))


def input_warnings(model: PriceBandModel, fresh: pl.DataFrame) -> list[str]:
    """Say which inputs of new ads are too far from the model's training, with the feed that explains it."""
    profile = model.card.get("inputs", {})
    return [f"{problem}." for problem in input_problems(profile, fresh, build(fresh, as_of=model.as_of))]


def level_warnings(model: PriceBandModel, fresh: pl.DataFrame) -> list[str]:
    """Say which makes, models or feeds ask by too much more or less than the model says, to be the market's doing."""
    found = level_changes(fresh, predict_bands(model, fresh), model, fresh["price_pkr"]) if fresh.height else []
    return [each.sentence() for each in found]


def price_warnings(fresh: pl.DataFrame, excluded: pl.DataFrame) -> list[str]:
    """Name the feeds of whose new ads a large share has prices in another unit, or prices that no car has."""
    wrong = excluded.filter(pl.col("excluded").is_in([str(each) for each in _WRONG_PRICES]))
    counts = pl.concat([fresh.select("feed"), excluded.select("feed")]).group_by("feed").len("ads")
    counts = counts.join(wrong.group_by("feed").len("wrong"), on="feed").sort("feed")
    return [
        f"{wrong:,} of {ads:,} new ads of the feed {feed} have prices in another unit, or prices that no car has."
        for feed, ads, wrong in counts.iter_rows()
        if wrong >= max(_FEWEST_WRONG, _WRONG_SHARE * ads)
    ]


def fresh_samples(session: Session, row: PriceModel) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Read the ads newer than a version, oldest first; all ads with a true price; and the new ads left out."""
    ads = mark_exclusions(teaching_ads(PriceWatchRepository(session).ads_since(row.trained_at)))
    true = ads.filter(pl.col("excluded").is_null())
    fresh = true.filter("is_new").sort("listed_on", "source_key", nulls_last=False)
    return fresh, true, ads.filter(pl.col("is_new") & pl.col("excluded").is_not_null())


def _learnt_from(storage: Storage, row: PriceModel, market: pl.DataFrame) -> pl.DataFrame:
    """Read the fresh samples that the version learnt from; the present market where they are no longer kept."""
    key = samples_key(row.data_digest)
    if not storage.exists(key):
        return market
    learnt = read_samples(storage, key)
    return learnt.filter(is_fresh(learnt))
