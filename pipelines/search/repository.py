"""Read listings as they are now, as documents of the index."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import Date, Row, Select, cast, func, select
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.visible_to import visible_to
from core.db.tables import Listing, Org, PriceBand
from core.db.tables.listing_popularity import ListingPopularity
from core.prices.deal_ratings import has_present_band
from core.search.document import ListingDocument
from core.states.listings import in_states

_CHUNK = 2_000


class ListingDocumentRepository:
    """Reads live listings as documents."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def live(self, ids: Sequence[UUID]) -> list[ListingDocument]:
        """Read those of these listings that are live now."""
        rows = self._session.execute(_documents().where(Listing.id.in_(ids))).all()
        return [ListingDocument.from_row(row) for row in rows]

    def all_live(self) -> Iterator[list[ListingDocument]]:
        """Yield every live listing, a chunk at a time, by id."""
        last: UUID | None = None
        while rows := self._chunk(last):
            yield [ListingDocument.from_row(row) for row in rows]
            last = rows[-1].id

    def some_live(self, count: int) -> list[ListingDocument]:
        """Read `count` random live listings, to check that searches find them."""
        rows = self._session.execute(_documents().order_by(func.random()).limit(count)).all()
        return [ListingDocument.from_row(row) for row in rows]

    def count_live(self, audience: Audience | None = None) -> int:
        """Count live listings that the audience may see; all of them without one."""
        statement = select(func.count()).select_from(Listing).where(in_states(Listing.status, "searched"))
        if audience is not None:
            statement = statement.where(visible_to(audience))
        return self._session.scalar(statement) or 0

    def _chunk(self, last: UUID | None) -> Sequence[Row[tuple[object, ...]]]:
        statement = _documents().order_by(Listing.id).limit(_CHUNK)
        return self._session.execute(statement if last is None else statement.where(Listing.id > last)).all()


def _documents() -> Select[tuple[object, ...]]:
    first_seen = cast(func.timezone("UTC", Listing.created_at), Date)
    computed = (
        Org.code.label("dealer"),
        func.coalesce(Listing.listed_on, first_seen).label("fresh_on"),
        func.coalesce(ListingPopularity.steps, 0).label("popularity"),
        # A feed's photos count before there are copies of them.
        func.greatest(Listing.photo_count, func.cardinality(Listing.photos)).label("photo_count"),
    )
    band = (PriceBand.low_pkr, PriceBand.mid_pkr, PriceBand.high_pkr)
    return (
        select(*computed, *band, *(getattr(Listing, name) for name in _SAME_NAME))
        .join(Org, Org.id == Listing.org_id)
        .outerjoin(PriceBand, has_present_band())
        .outerjoin(ListingPopularity, ListingPopularity.listing_id == Listing.id)
        .where(in_states(Listing.status, "searched"))
    )


_COMPUTED = {"dealer", "fresh_on", "photo_count", "deal_rating", "popularity"}
_SAME_NAME = tuple(name for name in ListingDocument.__slots__ if name not in _COMPUTED)
