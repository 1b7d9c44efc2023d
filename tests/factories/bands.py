"""Price bands of listings, as a refresh of bands writes them."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from core.db.tables import Listing, PriceBand

COMPUTED_AT: Final = datetime(2026, 5, 1, tzinfo=UTC)


def add_band(session: Session, listing_id: UUID, *points: int | None, **columns: Any) -> None:
    """Add the band of a listing's present content; `points` are its low, middle and high rupees, if it has any."""
    low, mid, high = points or (None, None, None)
    method = {"method": "none", "reason": "too_few_comparables"} if mid is None else {"method": "model"}
    content = session.get_one(Listing, listing_id).updated_at
    made = {"confidence": 0.5, "listing_updated_at": content, "computed_at": COMPUTED_AT, **method, **columns}
    session.add(PriceBand(listing_id=listing_id, low_pkr=low, mid_pkr=mid, high_pkr=high, **made))
