"""Read the band of a listing for an audience."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.visible_to import visible_to
from core.db.tables import Listing, PriceBand
from core.listing_states import in_states


@dataclass(frozen=True, slots=True)
class ListingPrice:
    """The asking price of a listing, and its band."""

    price_pkr: int | None
    band: PriceBand | None  # None before the next refresh
    band_is_present: bool  # False where the listing changed since its band was computed


class PriceBandRepository:
    """Bands of live listings that an audience may see."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def visible_one(self, listing_id: UUID, audience: Audience) -> ListingPrice | None:
        """Read the asking price and the band of a listing; None if the audience may not see it."""
        row = self._session.execute(
            select(Listing.price_pkr, PriceBand, PriceBand.listing_updated_at == Listing.updated_at)
            .outerjoin(PriceBand, PriceBand.listing_id == Listing.id)
            .where(Listing.id == listing_id, in_states(Listing.status, "opened"), visible_to(audience))
        ).one_or_none()
        return None if row is None else ListingPrice(row[0], row[1], band_is_present=bool(row[2]))

    def named(self, listing_id: UUID, audience: Audience) -> tuple[str, str, str] | None:
        """Read title, make and model of a listing; None if the audience may not see it."""
        row = self._session.execute(
            select(Listing.title, Listing.make, Listing.model).where(
                Listing.id == listing_id, in_states(Listing.status, "opened"), visible_to(audience)
            )
        ).one_or_none()
        return None if row is None else (row.title, row.make or "", row.model or "")
