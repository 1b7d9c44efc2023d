"""Appeal for a rejected listing: it goes to a person, and never to the rules again."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Listing
from core.observability.redaction import mask_contacts
from core.states.listings import GIVERS, Giver, Mover, may_move
from core.vocabulary import ListingStatus
from pipelines.listings.single_writes import SingleListingRepository
from pipelines.moderation.cases import CaseRepository
from serving.listings.management.access import locked_listing
from serving.moderation.declarations import APPEAL
from serving.moderation.errors import NotRejectedError
from serving.moderation.standing import Standing, standing

_KIND = "appeal"


def appeal(session: Session, principal: Principal, listing_id: UUID, statement: str) -> Standing:
    """Send a rejected listing to a person, with what its owner says for it.

    Raises:
        ForbiddenError, ListingNotFoundError: see `serving.listings.management.access.refuse`.
        NotRejectedError: the listing is in another state; while an appeal waits, in review.
    """
    listings = SingleListingRepository(session)
    listing = locked_listing(listings, principal, APPEAL, listing_id)
    old, to, mover = ListingStatus(listing.status), ListingStatus.IN_REVIEW, _mover(listing)
    if old is not ListingStatus("rejected") or not may_move(old, to, mover, Giver(listing.state_by)):
        raise NotRejectedError(str(old))
    listings.move(listing, to, GIVERS[mover], None)
    case = CaseRepository(session).open_case(listing_id)
    if case is not None:
        case.kind = _KIND
        case.statement = mask_contacts(statement)
        session.flush()
        session.refresh(case)
    before, after = {"status": str(old)}, {"status": str(to)}
    record(
        session,
        Actor.of(principal),
        Act("moderation.appeal", "listing", str(listing_id), listing.org_id, before, after),
    )
    return standing(principal, listing, case)


def _mover(listing: Listing) -> Mover:
    return Mover.DEALER if listing.seller_id is None else Mover.SELLER
