"""What stands in `price_bands`, for checks and summaries."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

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
    """Count the bands as they stand."""
    repository = PriceBandRepository(session)
    counts = repository.counts()
    forgotten, stale = repository.forgotten_and_stale()
    without = counts.by_method["none"]
    return BandTotals(
        sum(counts.by_method.values()) - without, without, counts.by_method, counts.by_reason, forgotten, stale
    )
