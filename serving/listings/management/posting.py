"""Post listings: for an organisation by its people and systems, and as a private seller."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.record import Act, record
from core.clock import market_today
from core.db.ids import new_id
from core.db.tables import Listing
from core.states.listings import Giver
from core.vocabulary import ListingStatus
from pipelines.listings.chassis.single import ChassisNumbers
from pipelines.listings.content_hash import CONTENT_HASH_VERSION
from pipelines.listings.single_writes import SingleListingRepository
from serving.identity.errors import PeopleOnlyError
from serving.listings.management import canonical
from serving.listings.management.changing import ListingChange
from serving.listings.management.chassis import STATED, read_stated
from serving.listings.management.managed import ManagedListing, managed
from serving.listings.management.manager import Manager
from serving.listings.management.moving import Move, move_listing
from serving.listings.management.placing import branch_for, check_shown, marketplace_id, with_shown


@dataclass(frozen=True)
class Poster:
    """Somebody who posts: for an organisation, or for themselves as a private seller."""

    manager: Manager
    org_id: UUID | None

    @property
    def source(self) -> str:
        """The source of the listing: a dealer's system, a dealer's people, or a private seller."""
        if self.org_id is None:
            return "private"
        return "form" if self.manager.principal.user_id is not None else "api"


def post_listing(session: Session, poster: Poster, change: ListingChange, *, publish: bool) -> ManagedListing:
    """Make a listing: a draft, or with `publish` what comes next: live for dealers, in review for private sellers.

    Raises:
        PeopleOnlyError: a system names no organisation.
        ListingRefusedError, NotShownThereError, UnknownBranchError, ChassisNotUnderstoodError: as they say.
    """
    manager, principal = poster.manager, poster.manager.principal
    if poster.org_id is None and principal.user_id is None:
        raise PeopleOnlyError
    number, listing_id = read_stated(change.chassis_number), new_id()
    row = canonical.canonical_row(with_shown(change.columns, is_private=poster.org_id is None), str(listing_id))
    org_id = poster.org_id or marketplace_id(session)
    check_shown(row["visibility"][0], row["channels"][0].to_list(), is_private=poster.org_id is None)
    values = canonical.columns_from(row) | {"listed_on": market_today(), "content_hash_version": CONTENT_HASH_VERSION}
    listing = Listing(id=listing_id, org_id=org_id, source=poster.source, status=ListingStatus.DRAFT, **values)
    listing.state_by = Giver.PERSON
    listing.seller_id = principal.user_id if poster.org_id is None else None
    if poster.org_id is not None:
        listing.branch_id = branch_for(session, principal, org_id, change.branch)
    made = SingleListingRepository(session).add(listing)
    if number is not None:
        ChassisNumbers(session, manager.open_keys).replace(made, number)
    after = {name: getattr(made, name) for name in ("title", "price_pkr", "visibility", "source")}
    after |= {} if number is None else {"chassis_number": STATED}
    record(session, Actor.of(principal), Act("listings.post", "listing", str(made.id), org_id, None, after))
    if publish:
        to = ListingStatus.IN_REVIEW if poster.org_id is None else ListingStatus.LIVE
        return move_listing(session, manager, made.id, Move(to))
    return managed(session, manager, made)
