"""Reserve and free the car of a deposit, in the deposit's transaction and as the table of listing states allows."""

from typing import Final

from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.origin import current_origin
from core.audit.record import Act, record
from core.db.tables import Listing
from core.db.tables.deposits import Deposit
from core.states.listings import Giver, Mover, may_move
from core.vocabulary import ListingStatus
from pipelines.listings.asked_states import is_gone_for_its_feed
from pipelines.listings.single_writes import Sale, SingleListingRepository

_ACTOR: Final = Actor.system("deposits")


def may_reserve(status: str, state_by: str) -> bool:
    """Return whether the table of listing states lets a deposit reserve a car in this state, given by this one."""
    return may_move(ListingStatus(status), ListingStatus.RESERVED, Mover.DEPOSIT, Giver(state_by))


def reserve_car(session: Session, deposit: Deposit) -> bool:
    """Reserve the car if the table of listing states allows it, and return whether it did."""
    listings = SingleListingRepository(session)
    listing = listings.lock_state(deposit.listing_id)
    if listing is None:
        return False
    if not may_reserve(listing.status, listing.state_by):
        return False
    former = listing.state_by
    _move(session, listings, listing, (ListingStatus.RESERVED, Giver.DEPOSIT))
    deposit.former_by = former  # after the move, so that it is written together with the deposit's state
    return True


def free_car(session: Session, deposit: Deposit, *, sold: bool = False) -> None:
    """End the reservation: the car is sold, takes the state that was asked for meanwhile, or its former one.

    A car that is no longer reserved by the deposit stays as it is: what is sold or withdrawn never becomes live here.
    """
    listings = SingleListingRepository(session)
    listing = listings.lock_state(deposit.listing_id)
    if listing is not None and listing.state_by == Giver.DEPOSIT:  # what a deposit gave is the reservation
        target = (ListingStatus.SOLD, Giver.PERSON) if sold else _wanted(session, deposit)
        _move(session, listings, listing, target, _sale(deposit) if target[0] is ListingStatus.SOLD else None)
    deposit.keeps_car = False  # after the move, so that it is written together with the deposit's state


def _wanted(session: Session, deposit: Deposit) -> tuple[ListingStatus, Giver]:
    """Return the state that people asked for, or the feed where the state was the feed's, or the former one."""
    if deposit.asked_status is not None:
        return ListingStatus(deposit.asked_status), Giver(deposit.asked_by or Giver.PERSON)
    former = Giver(deposit.former_by or Giver.PERSON)
    if former is Giver.FEED and is_gone_for_its_feed(session, deposit.listing_id):
        return ListingStatus.WITHDRAWN, Giver.FEED
    return ListingStatus.LIVE, former


def _sale(deposit: Deposit) -> Sale:
    """Return what the dealer told of a sale while the deposit held the car; empty where nothing was told."""
    return Sale(deposit.asked_sold_price_pkr, deposit.asked_sold_on)


def _move(
    session: Session,
    listings: SingleListingRepository,
    listing: Listing,
    target: tuple[ListingStatus, Giver],
    sale: Sale | None = None,
) -> None:
    before = {"status": listing.status, "state_by": listing.state_by}
    listing_id, org_id = listing.id, listing.org_id  # after the move a listing is read anew when it is looked at
    to, giver = target
    listings.move(listing, to, giver, sale)
    if current_origin() is not None:
        return  # a person's act on the deposit is recorded by itself, and the car follows from it
    after = {"status": str(to), "state_by": str(giver)}
    record(session, _ACTOR, Act("listings.move", "listing", str(listing_id), org_id, before, after))
