"""Prepare a demonstration of a lead: a car, two logins, and time that passes at once. For sample markets."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.db.tables.leads import Lead, LeadTimer
from core.identity.orgs import get_org
from core.outbox.follow import following
from core.platform import Platform
from core.security.platform_keys import open_keys
from core.states.listings import in_states
from pipelines.leads.assigning.waiting import assign_due
from pipelines.leads.timers import issue_due
from pipelines.live.consumers import NUMBERING
from pipelines.live.numbering import number_events
from serving.identity.operators import Operators

_BY: Final = "automart demo"


@dataclass(frozen=True)
class Scene:
    """A car that nobody has asked about, and access tokens of a buyer and of somebody of the dealer's."""

    listing_id: UUID
    buyer_token: str
    dealer_token: str


@dataclass(frozen=True)
class _Turn:
    """The turn of a loop, for the steps that loops do otherwise."""

    sessions: SessionFactory
    stopping: bool = False

    def transaction(self) -> AbstractContextManager[Session]:
        return transaction(self.sessions)


def set_scene(platform: Platform, org_code: str, buyer_phone: str, dealer_phone: str) -> Scene | None:
    """Find a car on offer and log both in; None: there is no such car."""
    with transaction(platform.sessions) as session:
        asked_about = select(Lead.listing_id).where(Lead.listing_id.is_not(None))
        of_dealer = select(Listing.id).where(Listing.org_id == get_org(session, org_code).id)
        on_offer = of_dealer.where(in_states(Listing.status, "opened"), Listing.visibility == "public")
        car = session.scalars(on_offer.where(Listing.id.not_in(asked_about)).order_by(Listing.id).limit(1)).first()
        if car is None:
            return None
        operators, now = Operators(session, open_keys(platform.settings), _BY), utc_now()
        tokens = [
            operators.development_token(operators.find_person(each), now).access_token
            for each in (buyer_phone, dealer_phone)
        ]
    return Scene(car, *tokens)


def number_live(platform: Platform) -> None:
    """Give what has happened to live streams, as a loop does."""
    follow = following(NUMBERING, number_events)
    while follow(_Turn(platform.sessions)):
        pass


def let_time_pass(platform: Platform, lead_id: UUID) -> None:
    """Give a lead to somebody, then issue what its clocks issue until their breach as if that moment were now."""
    turn = _Turn(platform.sessions)
    assign_due(turn.transaction)
    number_live(platform)
    with turn.transaction() as session:
        at = session.scalar(select(LeadTimer.at).where(LeadTimer.lead_id == lead_id, LeadTimer.step == "breach"))
    if at is not None:
        moment: datetime = at
        issue_due(turn.transaction, clock=lambda: moment, only=(lead_id,))
        number_live(platform)
