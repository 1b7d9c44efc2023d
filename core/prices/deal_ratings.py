"""Rate an asking price by its price band: the only definition of "great deal" and the other ratings.

The thresholds are the band's own points, so a wide band (an uncertain estimate) is slow to call a price good or bad.
"""

from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Double, and_, case, cast
from sqlalchemy.orm import InstrumentedAttribute

from core.db.tables import Listing, PriceBand

PRICE_BAND = "price_band"
"""Topic of the outbox (`core.outbox`): the numbers of a listing's band changed; the subject is the listing."""

RATED: Final = "rated"
"""Kind of that event where the numbers of the band changed."""

RENEWED: Final = "renewed"
"""Kind of that event where the band stayed, and the rating of a changed listing may be shown again."""

_Column = ColumnElement[Any] | InstrumentedAttribute[Any]


class DealRating(StrEnum):
    """Ratings from the buyer's side, the cheapest first."""

    GREAT = "great"  # below the band
    GOOD = "good"  # its lower quarter: nearer to low than to mid
    FAIR = "fair"  # around mid
    HIGH = "high"  # nearer to high than to mid
    OVERPRICED = "overpriced"  # above the band


def deal_rating(price: float, low: float, mid: float, high: float) -> DealRating:
    """Rate an asking price by its band; all four in the same currency, `low <= mid <= high`.

    A price on a threshold belongs to the rating that is nearer to mid.

    >>> deal_rating(2_000_000, 2_100_000, 2_400_000, 2_800_000)
    <DealRating.GREAT: 'great'>
    >>> deal_rating(2_600_000, 2_100_000, 2_400_000, 2_800_000)
    <DealRating.FAIR: 'fair'>
    """
    if price < low:
        return DealRating.GREAT
    if price < (low + mid) / 2:
        return DealRating.GOOD
    if price <= (mid + high) / 2:
        return DealRating.FAIR
    return DealRating.HIGH if price <= high else DealRating.OVERPRICED


def deal_rating_sql(price: _Column, low: _Column, mid: _Column, high: _Column) -> ColumnElement[str | None]:
    """Return the rating as SQL, for filters and for all live listings at once; NULL without a price or a band.

    `select(Listing.id, deal_rating_sql(Listing.price_pkr, PriceBand.low_pkr, PriceBand.mid_pkr, PriceBand.high_pkr))`
    over listings left-joined with their bands.
    """
    asked, lowest, middle, highest = (cast(column, Double) for column in (price, low, mid, high))
    return case(
        (asked.is_(None) | lowest.is_(None) | middle.is_(None) | highest.is_(None), None),
        (asked < lowest, DealRating.GREAT.value),
        (asked < (lowest + middle) / 2, DealRating.GOOD.value),
        (asked <= (middle + highest) / 2, DealRating.FAIR.value),
        (asked <= highest, DealRating.HIGH.value),
        else_=DealRating.OVERPRICED.value,
    )


def has_present_band() -> ColumnElement[bool]:
    """Return the condition that joins a listing with the band of its present content.

    After a change the old band says nothing of the listing: its rating is hidden until the band is renewed, by the loop
    `price_bands.follow` within a minute.
    """
    return and_(PriceBand.listing_id == Listing.id, PriceBand.listing_updated_at == Listing.updated_at)
