"""Read the band of a listing for an audience."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.visible_to import visible_to
from core.db.tables import Listing, PriceBand
from core.db.tables.sale_models import SaleModel
from core.states.listings import in_states


@dataclass(frozen=True, slots=True)
class ListingPrice:
    """The asking price and year of a listing, its band, and the sale model that answers."""

    price_pkr: int | None
    model_year: int | None
    sale_model: dict[str, Any] | None  # the newest `sale_models.artifact`; None before the first
    band: PriceBand | None  # None before the next refresh
    band_is_present: bool  # False where the listing changed since its band was computed


_NEWEST_SALE_MODEL = select(SaleModel.artifact).order_by(SaleModel.trained_at.desc(), SaleModel.id.desc()).limit(1)


def newest_sale_model(session: Session) -> dict[str, Any] | None:
    """Read the state of the sale model that answers; None before the first."""
    return session.scalar(_NEWEST_SALE_MODEL)


class PriceBandRepository:
    """Bands of live listings that an audience may see."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def visible_one(self, listing_id: UUID, audience: Audience) -> ListingPrice | None:
        """Read the asking price and the band of a listing; None if the audience may not see it."""
        listing = (Listing.price_pkr, Listing.model_year, _NEWEST_SALE_MODEL.scalar_subquery())
        row = self._session.execute(
            select(*listing, PriceBand, PriceBand.listing_updated_at == Listing.updated_at)
            .outerjoin(PriceBand, PriceBand.listing_id == Listing.id)
            .where(Listing.id == listing_id, in_states(Listing.status, "opened"), visible_to(audience))
        ).one_or_none()
        return None if row is None else ListingPrice(row[0], row[1], row[2], row[3], band_is_present=bool(row[4]))

    def named(self, listing_id: UUID, audience: Audience) -> tuple[str, str, str] | None:
        """Read title, make and model of a listing; None if the audience may not see it."""
        row = self._session.execute(
            select(Listing.title, Listing.make, Listing.model).where(
                Listing.id == listing_id, in_states(Listing.status, "opened"), visible_to(audience)
            )
        ).one_or_none()
        return None if row is None else (row.title, row.make or "", row.model or "")
