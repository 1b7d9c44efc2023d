"""Move listings between states, as the table of states lets their owners and moderators."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.clock import market_today
from core.db.tables import Listing
from core.states.listings import GIVERS, LISTING_STATES, Giver, Mover, left_by, may_move
from core.vocabulary import ListingStatus
from pipelines.listings.asked_states import ask_for_state, may_ask
from pipelines.listings.single_writes import Sale, SingleListingRepository
from serving.listings.declarations import MOVE_LISTINGS
from serving.listings.errors import MoveRefusedError, NoFeedError, SaleRefusedError
from serving.listings.management.access import is_owner, locked_listing
from serving.listings.management.managed import ManagedListing, managed
from serving.listings.management.manager import Manager

__all__ = ["Move", "Sale", "move_listing"]


@dataclass(frozen=True)
class Move:
    """A wish to bring a listing to a state; of feeds' cars the state can be left to the feed from then on."""

    to: ListingStatus
    sale: Sale = field(default_factory=Sale)
    leave_to_feed: bool = False
    reason: str | None = None


def move_listing(session: Session, manager: Manager, listing_id: UUID, move: Move) -> ManagedListing:
    """Bring a listing to another state, where the table of states lets the caller.

    Naming the present state makes it the caller's own word, which feeds leave alone. A car that a deposit holds stays
    as it is, and takes the state when the deposit ends, with the price and the day of a sale.

    Raises:
        ForbiddenError, ListingNotFoundError: see `serving.listings.management.access.refuse`.
        MoveRefusedError, SaleRefusedError, NoFeedError: as they say.
    """
    principal, listings = manager.principal, SingleListingRepository(session)
    listing = locked_listing(listings, principal, MOVE_LISTINGS, listing_id)
    mover, old, given_by = _mover(principal, listing), ListingStatus(listing.status), Giver(listing.state_by)
    if may_ask(listing, move.to, mover):
        _check_sale(principal, listing, move)
        return _ask(session, manager, listing, (move, GIVERS[mover]))
    stays = move.to is old and given_by is not Giver.DEPOSIT
    if not (stays or may_move(old, move.to, mover, given_by)):
        ways = [state for state in LISTING_STATES if may_move(old, state, mover, given_by)]
        raise MoveRefusedError(old, move.to, ways)
    _check_sale(principal, listing, move)
    giver = GIVERS[mover]
    if move.leave_to_feed:
        if listing.source != "feed" or move.to not in left_by(Mover.FEED):
            raise NoFeedError
        giver = Giver.FEED
    before = {"status": str(old), "state_by": str(given_by)}
    listings.move(listing, move.to, giver, _sale(listing, move.sale) if move.to is ListingStatus.SOLD else None)
    after = {"status": str(move.to), "state_by": str(giver)}
    act = Act("listings.move", "listing", str(listing.id), listing.org_id, before, after, move.reason)
    record(session, Actor.of(principal), act)
    return managed(session, manager, listing)


def _check_sale(principal: Principal, listing: Listing, move: Move) -> None:
    if move.sale == Sale():
        return
    if not is_owner(principal, listing):
        raise SaleRefusedError("its seller alone tells them")
    if move.to is not ListingStatus.SOLD:
        raise SaleRefusedError("send them with `to: sold` alone")
    day = move.sale.on
    if day is not None and not (date(listing.model_year - 1, 1, 1) <= day <= market_today()):
        raise SaleRefusedError("the day lies between the year before the model year and today")


def _ask(session: Session, manager: Manager, listing: Listing, wish: tuple[Move, Giver]) -> ManagedListing:
    move, giver = wish
    with platform_step(session, Step.DEPOSIT):
        ask_for_state(session, listing, move.to, Giver.FEED if move.leave_to_feed else giver, move.sale)
    before = {"status": listing.status, "state_by": listing.state_by}
    act = Act("listings.ask", "listing", str(listing.id), listing.org_id, before, {"asked": str(move.to)}, move.reason)
    record(session, Actor.of(manager.principal), act)
    return managed(session, manager, listing)


def _sale(listing: Listing, told: Sale) -> Sale:
    """Complete what is told of a sale by what was told before."""
    return Sale(
        listing.sold_price_pkr if told.price_pkr is None else told.price_pkr,
        listing.sold_on if told.on is None else told.on,
    )


def _mover(principal: Principal, listing: Listing) -> Mover:
    if listing.seller_id is not None and listing.seller_id == principal.user_id:
        return Mover.SELLER
    system = principal.service_account
    if system is not None and system.id is None and listing.seller_id is not None:
        return Mover.MODERATOR  # an operator's command on a private ad
    if system is not None or any(held.org_id == listing.org_id for held in principal.memberships):
        return Mover.DEALER
    return Mover.MODERATOR
