"""Read the band of a listing for an audience."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.visible_to import visible_to
from core.db.tables import Listing, PriceBand
from core.listing_states import in_states


class PriceBandRepository:
    """Bands of live listings that an audience may see."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def visible_one(self, listing_id: UUID, audience: Audience) -> tuple[int | None, PriceBand | None] | None:
        """Read the asking price and the band (None before the next refresh); None if the audience may not see it."""
        row = self._session.execute(
            select(Listing.price_pkr, PriceBand)
            .outerjoin(PriceBand, PriceBand.listing_id == Listing.id)
            .where(Listing.id == listing_id, in_states(Listing.status, "opened"), visible_to(audience))
        ).one_or_none()
        return None if row is None else (row[0], row[1])
