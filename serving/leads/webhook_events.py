"""The events of leads that their organisations can subscribe to: none of them tells of the buyer."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from core.declarations import WebhookEvent
from core.outbox.events import Event
from pipelines.leads.log import TOPIC

_NEEDS: Final = "leads.read"
_LEAD: Final = UUID("019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5c")
_CAR: Final = UUID("019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b")


@dataclass(frozen=True)
class LeadMoved:
    """A lead and its state; the buyer's name, contact and words are read at the API."""

    lead_id: UUID
    listing_id: UUID | None
    lead_type: str
    state: str


@dataclass(frozen=True)
class LeadLate:
    """A lead, and the clock whose promise was broken: `first_answer`, `next_answer` or `resolution`."""

    lead_id: UUID
    listing_id: UUID | None
    lead_type: str
    state: str
    clock: str


def _facts(event: Event) -> tuple[UUID, UUID | None, str, str]:
    said = event.payload
    return event.subject_id, UUID(said["listing_id"]) if said["listing_id"] else None, said["type"], said["state"]


def _moved(event: Event, kind: str) -> LeadMoved | None:
    return LeadMoved(*_facts(event)) if event.kind == kind else None


def _late(event: Event) -> LeadLate | None:
    if event.kind != "sla" or event.payload.get("reason") != "breach":
        return None
    return LeadLate(*_facts(event), event.payload["clock"])


def _event(name: str, kind: str, says: str, state: str) -> WebhookEvent:
    example = LeadMoved(_LEAD, _CAR, "message", state)
    return WebhookEvent(name, TOPIC, says, LeadMoved, lambda event: _moved(event, kind), example, _NEEDS)


LEAD_WEBHOOKS: Final = (
    _event("lead.created", "created", "a buyer writes about a car for the first time", "new"),
    _event("lead.message_received", "message", "a buyer of an existing lead writes again", "contacted"),
    _event("lead.assigned", "assigned", "a lead is given to somebody, or taken away", "assigned"),
    _event("lead.state_changed", "state", "a lead goes on to another state", "appointment"),
    WebhookEvent(
        "lead.sla_breached",
        TOPIC,
        "a buyer was not answered within the promised time",
        LeadLate,
        _late,
        LeadLate(_LEAD, _CAR, "message", "assigned", "first_answer"),
        _NEEDS,
    ),
)
