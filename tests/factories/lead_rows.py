"""Rows of leads without the API: as the domain's own functions write them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.db.ids import new_id
from core.db.tables.leads import Lead
from core.db.tables.listings import Listing
from pipelines.leads.clock_store import sync_clocks
from pipelines.leads.desk import stored_desk
from pipelines.leads.log import NewLeadEvent, append
from tests.factories.listings import add_listing


def add_lead(session: Session, at: datetime, owner_id: UUID | None = None, car_id: UUID | None = None) -> Lead:
    """A buyer's message about a car, with its clocks and timers; it waits, or is its owner's."""
    car = session.get_one(Listing, car_id or add_listing(session))
    lead = Lead(
        id=new_id(), org_id=car.org_id, listing_id=car.id, contact_kind="phone", type="message", make=car.make,
        tags=[], state="new", waiting_reason="nobody_on_shift", last_number=0, created_at=at, changed_at=at,
    )  # fmt: skip
    session.add(lead)
    session.flush()
    append(session, lead, NewLeadEvent("buyer_message", at))
    if owner_id is None:
        append(session, lead, NewLeadEvent("waiting", at, reason="nobody_on_shift"))
    else:
        append(session, lead, NewLeadEvent("assigned", at, owner_id=owner_id, reason="round_robin"))
    sync_clocks(session, lead, stored_desk(session, lead.org_id))
    session.flush()
    return lead
