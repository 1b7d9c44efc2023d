"""Events of leads in the outbox, and their numbering."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.outbox.reader import OutboxReader
from pipelines.live.consumers import NUMBERING
from pipelines.live.numbering import number_events


def tell_lead(session: Session, org_id: UUID, kind: str = "created", **facts: Any) -> UUID:
    """Write the outbox event of a lead, as its domain does; return the lead's id."""
    lead_id = facts.pop("lead_id", None) or uuid4()
    person_id = facts.pop("person_id", None)
    payload = {"listing_id": str(uuid4()), "type": "message", "state": "new", "number": 1, "device": 5, **facts}
    emit(session, "lead", NewEvent(lead_id, kind, org_id, person_id, (), payload))
    return lead_id


def tell_leads(session: Session, org_id: UUID, number: int, **facts: Any) -> list[UUID]:
    """Write the events of many new leads."""
    told = [NewEvent(uuid4(), "created", org_id, payload=facts) for _ in range(number)]
    emit(session, "lead", *told)
    return [each.subject_id for each in told]


def number_waiting(factory: SessionFactory) -> int:
    """Number what the loop would number now; return the number of events."""
    with transaction(factory) as session:
        reader = OutboxReader(session, NUMBERING)
        reading = reader.read()
        number_events(session, reading.events)
        reader.move(reading.position)
    return len(reading.events)
