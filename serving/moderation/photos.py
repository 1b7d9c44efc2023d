"""Take a private ad on offer back to review when one of its photos is in another ad, of its seller or of another one.

A photo that another ad of the seller shows makes it a double. One that another seller showed before is a sign of fraud:
the rules only doubt it, and a person decides. Equal bytes are found at once, an edited copy after the comparison of
photos. A reserved ad is left alone; the next edit or photo after its reservation is checked as usual.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Listing
from core.outbox.events import Event
from core.states.listings import GIVERS, Giver, Mover, may_move
from core.vocabulary import ListingStatus
from pipelines.listings.single_writes import SingleListingRepository
from pipelines.moderation.cases import CaseRepository
from pipelines.moderation.doubles import find_doubles
from pipelines.moderation.facts import FactsRepository, offered_car
from pipelines.photos.pairs.report import seen_elsewhere

_ACTOR: Final = Actor.system("moderation.photos")
_DOUBLE: Final = "a photo that another ad of the seller shows"
_ELSEWHERE: Final = "a photo that another seller showed before"


def recall_copies(session: Session, events: Sequence[Event]) -> None:
    """Take private ads back to review whose new photos are in another ad."""
    touched = {
        (UUID(event.payload["listing_id"]), event.subject_id) for event in events if event.kind in ("added", "matched")
    }
    for listing_id, photo_id in sorted(touched):
        _recall_if_copied(session, listing_id, photo_id)


def _recall_if_copied(session: Session, listing_id: UUID, photo_id: UUID) -> None:
    listings = SingleListingRepository(session)
    listing = listings.lock(listing_id)
    to = ListingStatus.IN_REVIEW
    if listing is None or listing.seller_id is None:
        return
    old = ListingStatus(listing.status)
    case = CaseRepository(session).open_case(listing_id)
    if case is not None and not case.is_for_people and seen_elsewhere(session, listing.org_id, listing_id, photo_id):
        case.judged_sequence = None  # the rules look again: people who decide see what was found
    if not may_move(old, to, Mover.RULES, Giver(listing.state_by)):
        return
    reason = _reason(session, listing, photo_id)
    if reason is None:
        return
    listings.move(listing, to, GIVERS[Mover.RULES], None)
    states = {"status": str(old)}, {"status": str(to)}
    record(session, _ACTOR, Act("moderation.recall", "listing", str(listing_id), listing.org_id, *states, reason))


def _reason(session: Session, listing: Listing, photo_id: UUID) -> str | None:
    """Return the reason to look at an ad again for a photo; None where there is none."""
    facts = FactsRepository(session)
    car = offered_car(listing, facts.photos([listing.id]).get(listing.id, frozenset()))
    shared = [other for other in facts.others(listing) if other.photos & car.photos]
    if find_doubles(car, shared):
        return _DOUBLE
    # Of this photo alone: what a person has accepted of another one is not asked again.
    return _ELSEWHERE if seen_elsewhere(session, listing.org_id, listing.id, photo_id) else None
