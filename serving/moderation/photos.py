"""Take a private ad on offer back to review when a photo added to it is in another ad of its seller (a double).

Equal bytes are found at once, an edited copy after the comparison of photos. In review the rules judge the whole ad. A
reserved ad is left alone; the next edit or photo after its reservation is checked as usual.
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
    """Take private ads back to review whose new photos are in another ad of their seller."""
    touched = {UUID(event.payload["listing_id"]) for event in events if event.kind in ("added", "matched")}
    for listing_id in sorted(touched):
        _recall_if_double(session, listing_id)


def _recall_if_double(session: Session, listing_id: UUID) -> None:
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
