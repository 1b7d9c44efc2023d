"""Append events to leads: the only writer of `lead_events`, and of the columns of `leads` that repeat them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.ids import new_id
from core.db.tables.leads import Lead, LeadEvent
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.personal_data.sealer import Sealer
from pipelines.leads.projection import Happening, Projection, after, folded
from pipelines.leads.sealed_texts import EVENT_TEXT

TOPIC: Final = "lead"
KINDS: Final = {
    "joined": "joined", "buyer_message": "message", "reply": "answered", "call": "answered", "assigned": "assigned",
    "waiting": "waiting", "state": "state", "sla": "sla", "merged": "merged", "attachment": "attached",
}  # fmt: skip
"""The kind of outbox event for a kind of lead event; all others are `changed`, and the first message is `created`.

A file that its buyer may not see is a change as others are: what is `attached` is told to buyers too.
"""

OUTBOX_KINDS: Final = ("created", "changed", *sorted(set(KINDS.values())))


@dataclass(frozen=True)
class By:
    """The one who did it: a buyer, a person of the organisation, a system of it, or the platform itself."""

    kind: str = "platform"
    id: UUID | None = None


PLATFORM: Final = By()


@dataclass(frozen=True)
class NewLeadEvent:
    """An event to append. `text` is sealed; `details` hold no personal data."""

    kind: str
    at: datetime
    by: By = PLATFORM
    state: str | None = None
    reason: str | None = None
    owner_id: UUID | None = None
    text: str | None = field(default=None, repr=False)
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def happening(self) -> Happening:
        """The event as the projection reads it."""
        return Happening(self.kind, self.state, self.reason, self.owner_id, self.details)


def append(
    session: Session,
    lead: Lead,
    event: NewLeadEvent,
    *,
    sealer: Sealer | None = None,
    told: Mapping[str, Any] | None = None,
) -> LeadEvent:
    """Append an event to a lead that is locked, bring its columns up to date, and tell the outbox.

    `told` are more facts of the outbox event.
    """
    row, news = happened(lead, event, sealer=sealer, told=told)
    session.add(row)
    emit(session, TOPIC, news)
    return row


def happened(
    lead: Lead, event: NewLeadEvent, *, sealer: Sealer | None = None, told: Mapping[str, Any] | None = None
) -> tuple[LeadEvent, NewEvent]:
    """Bring a lead's columns up to date, and return the row of the event and what the outbox is told of it."""
    first = lead.last_number == 0
    lead.last_number += 1
    row = LeadEvent(
        id=new_id(), lead_id=lead.id, org_id=lead.org_id, number=lead.last_number, kind=event.kind, at=event.at,
        by_kind=event.by.kind, by_id=event.by.id, state=event.state, reason=event.reason, owner_id=event.owner_id,
        details=dict(event.details),
    )  # fmt: skip
    if event.text is not None and sealer is not None and lead.blind_index is not None:
        row.blind_index = lead.blind_index
        row.sealed_text = EVENT_TEXT.seal(sealer, row, event.text)
    left = lead.owner_id
    _project(lead, after(projection_of(lead), event.happening))
    if event.kind == "assigned":
        lead.assigned_at = event.at
    lead.changed_at = max(event.at, lead.changed_at)
    kind = "created" if first else _outbox_kind(event)
    facts = {} if left in (None, lead.owner_id) else {"left_owner_id": str(left)}
    return row, _told(lead, event, kind, facts | dict(told or {}))


def _outbox_kind(event: NewLeadEvent) -> str:
    private = event.kind == "attachment" and not event.details.get("for_buyer")
    return "changed" if private else KINDS.get(event.kind, "changed")


def projection_of(lead: Lead) -> Projection:
    """Return the projection that a lead's columns hold."""
    return Projection(
        lead.state, lead.state_reason, lead.owner_id, lead.waiting_reason, tuple(lead.tags), lead.next_action,
        lead.next_action_at,
    )  # fmt: skip


def derived(session: Session, lead_id: UUID) -> Projection:
    """Return the projection that a lead's events make."""
    rows = events_of(session, lead_id)
    return folded(Happening(row.kind, row.state, row.reason, row.owner_id, row.details) for row in rows)


def events_of(session: Session, lead_id: UUID) -> Sequence[LeadEvent]:
    """Return the events of a lead in the order of recording."""
    return session.scalars(select(LeadEvent).where(LeadEvent.lead_id == lead_id).order_by(LeadEvent.number)).all()


def recorded_at(now: datetime, lead: Lead) -> datetime:
    """Return the time of an event that is recorded now: never before the last one, though the clock was set back."""
    return max(now, lead.changed_at)


def _project(lead: Lead, found: Projection) -> None:
    for name, value in vars(found).items():
        setattr(lead, name, list(value) if isinstance(value, tuple) else value)


def _told(lead: Lead, event: NewLeadEvent, kind: str, more: Mapping[str, Any]) -> NewEvent:
    facts: dict[str, Any] = {
        "listing_id": _text(lead.listing_id), "type": lead.type, "state": lead.state, "number": lead.last_number,
        "owner_id": _text(lead.owner_id), "event": event.kind, "branch_id": _text(lead.branch_id),
        "buyer_id": _text(lead.buyer_id),
        "device": lead.device, "session": lead.session, "query_id": lead.query_id, "reason": event.reason,
    }  # fmt: skip
    return NewEvent(lead.id, kind, lead.org_id, lead.seller_id or lead.owner_id, (), facts | dict(more))


def _text(named: UUID | None) -> str | None:
    return None if named is None else str(named)
