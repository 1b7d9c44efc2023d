"""Read the state of the tables of price bands and their watch, for checks and summaries."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from core.errors import PermanentError
from core.prices.models import champion
from core.storage import Storage
from models.price_bands.artifact import loads
from pipelines.price_bands.monitoring_repository import PriceWatchRepository
from pipelines.price_bands.repository import PriceBandRepository


@dataclass(frozen=True)
class BandTotals:
    """bands + no_band = rows; all of live listings when `forgotten` and `stale` are 0."""

    bands: int
    no_band: int
    by_method: dict[str, int]
    by_reason: dict[str, int]
    forgotten: int  # live listings without a row
    stale: int  # rows of listings that are not live


def band_totals(session: Session) -> BandTotals:
    """Count the stored bands."""
    repository = PriceBandRepository(session)
    counts = repository.counts()
    forgotten, stale = repository.forgotten_and_stale()
    without = counts.by_method["none"]
    return BandTotals(
        sum(counts.by_method.values()) - without, without, counts.by_method, counts.by_reason, forgotten, stale
    )


def latest_accuracy(session: Session) -> list[dict[str, Any]]:
    """Read the champion's newest measurements, as the watch wrote them; none before the first watch."""
    row = champion(session)
    found = PriceWatchRepository(session).latest(row.version) if row else []
    names = ("segment", "rows", "answered", "coverage", "mean_width", "median_ape", "mape", "level", "level_error")
    return [{name: getattr(each, name) for name in names} for each in found]


def unreadable_champion(session: Session, storage: Storage) -> str | None:
    """Say why the champion cannot be read; None where it can, and where there is none."""
    row = champion(session)
    try:
        if row is not None:
            loads(storage.get(row.storage_key))
    except PermanentError as error:
        return error.detail
    return None
