"""Remember the state that people want for a car while a deposit holds it, and find what its feed says of it.

What a deposit gave, nobody else changes. When the deposit ends, the car takes the state that was asked for meanwhile.
What feeds say of such cars is kept already, with that of all cars whose state is not theirs (`differences`).
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from core.db.tables import Listing
from core.db.tables.deposits import Deposit
from core.listing_states import LISTING_STATES, Giver, Mover
from core.vocabulary import ListingStatus
from pipelines.listings.single_writes import Sale

_ON_OFFER: Final = frozenset({ListingStatus.LIVE, ListingStatus.RESERVED})
_GONE: Final = text("SELECT listing_is_gone_for_its_feed(:id)")  # the API's login reads nothing else of feeds' words


def may_ask(listing: Listing, to: ListingStatus, mover: Mover) -> bool:
    """Tell whether a deposit holds the car, and the party could move it so if none did."""
    if Giver(listing.state_by) is not Giver.DEPOSIT:
        return False
    return to is ListingStatus.RESERVED or mover in LISTING_STATES[ListingStatus.RESERVED].moves.get(to, frozenset())


def ask_for_state(session: Session, listing: Listing, to: ListingStatus, by: Giver, sale: Sale) -> bool:
    """Remember the state for when the deposit ends, in the step that moves money; tell whether a deposit holds the car.

    Of a sale, what is told of it is remembered too. Asking for it to be on offer takes back what was asked for before.
    """
    asked: dict[str, Any] = {"asked_status": None, "asked_by": None}
    asked |= {"asked_sold_price_pkr": sale.price_pkr, "asked_sold_on": sale.on}
    if to not in _ON_OFFER:
        asked |= {"asked_status": str(to), "asked_by": by}
    query = update(Deposit).where(Deposit.listing_id == listing.id, Deposit.keeps_car)
    return session.scalar(query.values(**asked).returning(Deposit.id)) is not None


def is_gone_for_its_feed(session: Session, listing_id: UUID) -> bool:
    """Tell whether the feed of a car whose state is not the feed's takes it off the market."""
    return bool(session.scalar(_GONE, {"id": listing_id}))
