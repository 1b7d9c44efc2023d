"""Let an operator's command act on listings: for their organisation, and as a moderator on private ads."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.db.tables import Listing, Org
from core.identity.operators import operator_of
from core.identity.orgs import get_org
from core.security.platform_keys import PlatformKeys
from serving.listings.declarations import MANAGE_LISTINGS, MOVE_LISTINGS
from serving.listings.errors import ListingNotFoundError
from serving.listings.management.manager import Manager
from serving.listings.management.posting import Poster


def poster_for_org(session: Session, open_keys: Callable[[], PlatformKeys], code: str, by: str) -> Poster:
    """Return the poster that stands for an operator in an organisation.

    Raises:
        NotFoundError: there is no such organisation.
    """
    org = get_org(session, code)
    return Poster(Manager(_operator(org, by), open_keys), org.id)


def operator_for_listing(session: Session, open_keys: Callable[[], PlatformKeys], listing_id: UUID, by: str) -> Manager:
    """Return the caller that stands for an operator in the organisation of a listing.

    Raises:
        ListingNotFoundError: there is no such listing.
    """
    org = session.scalars(select(Org).join(Listing, Listing.org_id == Org.id).where(Listing.id == listing_id)).first()
    if org is None:
        raise ListingNotFoundError(listing_id)
    return Manager(_operator(org, by), open_keys)


def _operator(org: Org, by: str) -> Principal:
    return operator_of(org, f"automart by {by}", MANAGE_LISTINGS, MOVE_LISTINGS)
