"""Remember the state that people ask for while a deposit reserves a car, and read whether its feed still lists it.

Only the deposit itself changes the state that it gave. When it ends, the car takes the state that was asked for
meanwhile. The statements of feeds about such cars are kept by `differences`, as for all cars whose state is not the
feed's.
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from core.db.tables import Listing
from core.db.tables.deposits import Deposit
from core.states.listings import LISTING_STATES, Giver, Mover
from core.vocabulary import ListingStatus
from pipelines.listings.single_writes import Sale

_ON_OFFER: Final = frozenset({ListingStatus.LIVE, ListingStatus.RESERVED})
_GONE: Final = text("SELECT listing_is_gone_for_its_feed(:id)")  # the API's login may read no more of the feeds' tables


def may_ask(listing: Listing, to: ListingStatus, mover: Mover) -> bool:
    """Tell whether a deposit holds the car, and `mover` could bring it to this state if none did."""
    if Giver(listing.state_by) is not Giver.DEPOSIT:
        return False
    return to is ListingStatus.RESERVED or mover in LISTING_STATES[ListingStatus.RESERVED].moves.get(to, frozenset())


def ask_for_state(session: Session, listing: Listing, to: ListingStatus, by: Giver, sale: Sale) -> bool:
    """Remember the state to take when the deposit ends; tell whether a deposit holds the car.

    Call it in the step that moves money. The figures of a sale are remembered too. Asking for a state on offer takes
    back the earlier request.
    """
    asked: dict[str, Any] = {"asked_status": None, "asked_by": None}
    asked |= {"asked_sold_price_pkr": sale.price_pkr, "asked_sold_on": sale.on}
    if to not in _ON_OFFER:
        asked |= {"asked_status": str(to), "asked_by": by}
    query = update(Deposit).where(Deposit.listing_id == listing.id, Deposit.keeps_car)
    return session.scalar(query.values(**asked).returning(Deposit.id)) is not None


def is_gone_for_its_feed(session: Session, listing_id: UUID) -> bool:
    """Tell whether the feed says that the car is gone, where the car's state is not the feed's to set."""
    return bool(session.scalar(_GONE, {"id": listing_id}))
