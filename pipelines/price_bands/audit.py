"""Looking at the bands as they stand: how many, by which method, and whether any live listing was forgotten."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db.tables import Listing, PriceBand
from core.vocabulary import BandMethod, ListingStatus


@dataclass(frozen=True)
class BandTotals:
    """`bands + no_band` is the number of rows; it equals the live listings unless one was forgotten."""

    live: int  # live listings
    bands: int
    no_band: int
    forgotten: int  # live listings without a row
    stale: int  # rows of listings that are no longer live
    by_method: dict[str, int]
    by_reason: dict[str, int]  # why there is no band


def band_totals(session: Session) -> BandTotals:
    """Count the bands of all listings."""
    is_live = Listing.status == ListingStatus.LIVE
    joined = select(PriceBand.method, PriceBand.reason, func.count()).join(Listing, Listing.id == PriceBand.listing_id)
    rows = session.execute(joined.where(is_live).group_by(PriceBand.method, PriceBand.reason)).all()
    live = session.scalar(select(func.count()).select_from(Listing).where(is_live)) or 0
    every = session.scalar(select(func.count()).select_from(PriceBand)) or 0
    by_method = {method.value: sum(n for name, _, n in rows if name == method) for method in BandMethod}
    standing = sum(by_method.values())
    no_band = by_method[BandMethod.NONE]
    return BandTotals(
        live=live,
        bands=standing - no_band,
        no_band=no_band,
        forgotten=live - standing,
        stale=every - standing,
        by_method=by_method,
        by_reason={reason: n for _, reason, n in rows if reason is not None},
    )
