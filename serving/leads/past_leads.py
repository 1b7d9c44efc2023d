"""Give a sample market the leads of its past months, which teach the chance of new ones. For sample markets."""

from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.ids import new_id
from core.db.tables import Listing, Org
from core.db.tables.leads import Lead, LeadEvent
from core.states.leads import LeadState
from core.states.listings import in_states
from pipelines.leads.log import NewLeadEvent, happened
from samples.leads import LeadCar, PastLead, make_leads

NUMBER: Final = 1_500
_CARS = (
    select(Listing.id, Listing.org_id, Listing.price_pkr)
    .join(Org, Org.id == Listing.org_id)
    .where(in_states(Listing.status, "opened"), Org.kind != "marketplace", Listing.seller_id.is_(None))
    .order_by(Listing.source_key, Listing.id)
)


def add_past_leads(session: Session, now: datetime, seed: int) -> int:
    """Add leads whose end is known, where there are none of before; nobody is told of them. Return their number."""
    if session.scalar(select(Lead.id).where(Lead.state.in_((LeadState.WON, LeadState.LOST))).limit(1)) is not None:
        return 0
    cars = [LeadCar(str(row.id), str(row.org_id), row.price_pkr) for row in session.execute(_CARS)]
    made = [_stored(past, number, seed) for number, past in enumerate(make_leads(cars, now, seed, NUMBER))]
    session.add_all([lead for lead, _ in made])
    session.flush()
    session.add_all([event for _, events in made for event in events])
    session.flush()
    return len(made)


def _stored(past: PastLead, number: int, seed: int) -> tuple[Lead, list[LeadEvent]]:
    lead = Lead(
        id=new_id(), org_id=UUID(past.car.org_id), listing_id=UUID(past.car.id), contact_kind=past.contact_kind,
        blind_index=sha256(f"sample lead {seed} {number}".encode()).digest(), type=past.type, source=past.source,
        language=past.language, price_pkr=past.car.price_pkr, offer_pkr=past.offer_pkr,
        query_id="sample" if past.found_by_search else None, state=LeadState.NEW, waiting_reason="new", tags=[],
        last_number=0, created_at=past.at, changed_at=past.at,
    )  # fmt: skip
    end = LeadState.WON if past.won else LeadState.LOST
    events = (
        NewLeadEvent("buyer_message", past.at, details={"type": past.type, "source": past.source}),
        NewLeadEvent("call", past.answered),
        NewLeadEvent("state", past.closed, state=end, reason=past.reason),
    )
    return lead, [happened(lead, event)[0] for event in events]
