"""Keep the chassis number that a person states of one listing, and open it for the listing's owner.

Numbers of private ads are sealed under the key of the seller, all others under that of the organisation.
"""

from collections.abc import Callable, Iterable
from functools import cached_property

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.db.ids import new_id
from core.db.tables import Listing
from core.db.tables.listing_chassis import ListingChassis
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from pipelines.listings.chassis.number import CHASSIS_NUMBER, SELLERS_CHASSIS_NUMBER, chassis_indexer


class ChassisNumbers:
    """The chassis numbers of listings, within one transaction."""

    def __init__(self, session: Session, open_keys: Callable[[], PlatformKeys]) -> None:
        self._session = session
        self._open_keys = open_keys

    @cached_property
    def _sealer(self) -> Sealer:
        return Sealer(self._session, self._open_keys())

    def find(self, listing: Listing) -> ListingChassis | None:
        """Return the row of a listing's number; None where none is known."""
        query = select(ListingChassis).where(ListingChassis.listing_id == listing.id)
        return self._session.scalars(query.execution_options(populate_existing=True)).one_or_none()

    def load(self, rows: Iterable[ListingChassis]) -> None:
        """Fetch the keys of many numbers by one statement, before they are opened."""
        found = [sealed for row in rows for sealed in (row.sealed_number, row.sealed_for_seller)]
        if found:
            self._sealer.load(found)

    def open(self, row: ListingChassis) -> str:
        """Return the number."""
        column = CHASSIS_NUMBER if row.seller_id is None else SELLERS_CHASSIS_NUMBER
        return column.open(self._sealer, row)

    def is_of(self, row: ListingChassis | None, number: str | None) -> bool:
        """Tell whether the row holds this number, whatever its hyphen."""
        index = None if number is None else chassis_indexer(self._sealer.keys)(number)
        return index == (None if row is None else row.chassis_index)

    def replace(self, listing: Listing, number: str | None) -> None:
        """Put a number in the place of the one before, or take that away; the listing must be locked.

        A new row each time: a value is sealed for its row.
        """
        self._session.execute(delete(ListingChassis).where(ListingChassis.listing_id == listing.id))
        if number is None:
            return
        row = ListingChassis(id=new_id(), listing_id=listing.id, org_id=listing.org_id, seller_id=listing.seller_id)
        row.by_person, row.chassis_index = True, chassis_indexer(self._sealer.keys)(number)
        if listing.seller_id is None:
            row.sealed_number = CHASSIS_NUMBER.seal(self._sealer, row, number)
        else:
            row.sealed_for_seller = SELLERS_CHASSIS_NUMBER.seal(self._sealer, row, number)
        self._session.add(row)
        self._session.flush()
