"""Tell which cars the owner of a saved search may see now: roles are taken away while searches stay."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.visible_to import visible_to
from core.db.tables import Listing, Org
from core.db.tables.people import OrgMembership, User
from core.db.tables.saved_searches import SavedSearch
from core.declarations import MessageAbout, StillTrue
from core.states.listings import in_states
from core.vocabulary import Channel
from pipelines.search.alerts.canonical import STRANGERS


def may_look(session: Session, search: SavedSearch) -> bool:
    """Tell whether the owner is still let into the channel of the search: autotrader is for people of dealers."""
    owner = session.get(User, search.user_id)
    if owner is None or owner.blocked_at is not None:
        return False
    if search.channel == Channel.AUTOMART:
        return True
    held = select(OrgMembership.id).join(Org, Org.id == OrgMembership.org_id)
    dealer = held.where(OrgMembership.user_id == search.user_id, Org.kind == "dealer", Org.blocked_at.is_(None))
    if search.org_id is not None:
        dealer = dealer.where(Org.id == search.org_id)
    return session.scalar(dealer.limit(1)) is not None


def alert_still_true(session: Session, message: MessageAbout) -> bool:
    """Tell whether the search still tells, and the owner may see every car that the message names, at that price."""
    search = session.get(SavedSearch, message.subject_id, populate_existing=True)
    if search is None or search.frequency == "off" or not may_look(session, search):
        return False
    named = {UUID(listing_id): price for listing_id, price in message.facts["cars"].items()}
    shown = select(Listing.id, Listing.price_pkr).where(
        Listing.id.in_(named), in_states(Listing.status, "searched"), visible_to(STRANGERS[Channel(search.channel)])
    )
    return {row.id: row.price_pkr for row in session.execute(shown)} == named


STILL_TRUE = StillTrue("saved_search", alert_still_true)
