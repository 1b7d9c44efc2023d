"""Read the facts that the rules need about an ad: the listing, usual prices, and the seller's other ads."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Executable, or_, select, union
from sqlalchemy.orm import Session

from core.db.tables import Listing, PriceBand
from core.db.tables.moderation import ModerationCase
from core.db.tables.photo_pairs import PhotoPair
from core.db.tables.photos import ListingPhoto
from core.states.listings import in_states
from pipelines.moderation.ads import TEXT_FIELDS, OfferedCar, PriceRange

_MOST_OTHERS: Final = 200


def offered_car(listing: Any, photos: frozenset[UUID] = frozenset()) -> OfferedCar:  # noqa: ANN401  (a listing, or a row like one)
    """Return a listing as the rules see it."""
    return OfferedCar(
        listing.id,
        listing.make,
        listing.model,
        listing.model_year,
        listing.mileage_km,
        listing.price_pkr,
        listing.color,
        {name: getattr(listing, name) for name in TEXT_FIELDS},
        listing.content_hash,
        photos,
    )


def range_of(band: Any) -> PriceRange | None:  # noqa: ANN401  (a band, stored or computed)
    """Return what nearly all such cars are offered at, as a band says; None without one."""
    low, high = band.low_90_pkr or band.low_pkr, band.high_90_pkr or band.high_pkr
    return None if low is None or high is None else PriceRange(low, high)


class FactsRepository:
    """Reads what ads are judged by."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def stored_range(self, listing_id: UUID) -> PriceRange | None:
        """Return what such cars cost, by the stored band; None without one."""
        band = self._session.get(PriceBand, listing_id, populate_existing=True)
        return None if band is None else range_of(band)

    def photos(self, listing_ids: Sequence[UUID]) -> dict[UUID, frozenset[UUID]]:
        """Return the contents of the photos of listings, and those that were proved to be the same photos."""
        shown = select(ListingPhoto.listing_id, ListingPhoto.content_id).where(ListingPhoto.listing_id.in_(listing_ids))
        proved = PhotoPair.kind == "same_photo"
        copies = [
            select(ListingPhoto.listing_id, copy).join(PhotoPair, mine == ListingPhoto.content_id)
            .where(ListingPhoto.listing_id.in_(listing_ids), proved)
            for mine, copy in ((PhotoPair.a, PhotoPair.b), (PhotoPair.b, PhotoPair.a))
        ]  # fmt: skip
        query: Executable = union(shown, *copies)
        found: dict[UUID, set[UUID]] = {}
        for listing_id, content_id in self._session.execute(query):
            if content_id is not None:
                found.setdefault(listing_id, set()).add(content_id)
        return {listing_id: frozenset(contents) for listing_id, contents in found.items()}

    def others(self, listing: Listing) -> tuple[OfferedCar, ...]:
        """Return the other private ads of a seller that are on offer, or were sent to review earlier than this one."""
        if listing.seller_id is None:
            return ()
        earlier = select(ModerationCase.listing_id).where(
            ModerationCase.closed_at.is_(None), ModerationCase.id < self._own_case(listing.id)
        )
        query = (
            select(Listing)
            .where(Listing.seller_id == listing.seller_id, Listing.id != listing.id)
            .where(or_(in_states(Listing.status, "searched"), Listing.id.in_(earlier)))
            .order_by(Listing.id.desc())
            .limit(_MOST_OTHERS)
        )
        rows = self._session.scalars(query).all()
        photos = self.photos([row.id for row in rows])
        return tuple(offered_car(row, photos.get(row.id, frozenset())) for row in rows)

    def _own_case(self, listing_id: UUID) -> Any:  # noqa: ANN401  (a subquery)
        own = select(ModerationCase.id).where(
            ModerationCase.listing_id == listing_id, ModerationCase.closed_at.is_(None)
        )
        return own.scalar_subquery()
