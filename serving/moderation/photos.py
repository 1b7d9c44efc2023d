"""Look at photos that are added to private ads on offer: one that another ad of the seller shows makes a double.

The same bytes are seen as soon as the photo is there, an edited copy once it was compared.
The ad goes back to review, where the rules judge it as a whole. A reserved ad stays: it is looked at with its next
edit or photo after the reservation.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.record import Act, record
from core.listing_states import GIVERS, Giver, Mover, may_move
from core.outbox.events import Event
from core.vocabulary import ListingStatus
from pipelines.listings.single_writes import SingleListingRepository
from pipelines.moderation.doubles import find_doubles
from pipelines.moderation.facts import FactsRepository, offered_car

_ACTOR: Final = Actor.system("moderation.photos")
_REASON: Final = "a photo that another ad of the seller shows"


def recall_doubles(session: Session, events: Sequence[Event]) -> None:
    """Take private ads back to review whose new photos stand in another ad of their seller."""
    touched = {UUID(event.payload["listing_id"]) for event in events if event.kind in ("added", "matched")}
    for listing_id in sorted(touched):
        _look_at(session, listing_id)


def _look_at(session: Session, listing_id: UUID) -> None:
    listings, facts = SingleListingRepository(session), FactsRepository(session)
    listing = listings.lock(listing_id)
    to = ListingStatus.IN_REVIEW
    if listing is None or listing.seller_id is None:
        return
    old = ListingStatus(listing.status)
    if not may_move(old, to, Mover.RULES, Giver(listing.state_by)):
        return
    car = offered_car(listing, facts.photos([listing_id]).get(listing_id, frozenset()))
    shared = [other for other in facts.others(listing) if other.photos & car.photos]
    if not find_doubles(car, shared):
        return
    listings.move(listing, to, GIVERS[Mover.RULES], None)
    act = Act(
        "moderation.recall",
        "listing",
        str(listing_id),
        listing.org_id,
        {"status": str(old)},
        {"status": str(to)},
        _REASON,
    )
    record(session, _ACTOR, act)
