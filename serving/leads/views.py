"""Leads as the desk, sellers and buyers see them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from core.db.tables.lead_attachments import LeadAttachment
from core.db.tables.leads import Lead, LeadClock, LeadEvent
from core.personal_data.sealed_column import SealedColumn
from core.personal_data.sealer import Sealer
from core.security.sealing import CannotOpenError
from pipelines.leads.sealed_texts import EVENT_TEXT, LEAD_CONTACT, LEAD_EMAIL, LEAD_NAME


@dataclass(frozen=True)
class LeadView:
    """A lead in a list. `due_at` is the first of its open clocks; buyers are shown neither clocks nor owner."""

    lead: Lead
    name: str | None = field(repr=False)
    due_at: datetime | None
    is_overdue: bool
    for_buyer: bool = False

    @property
    def score(self) -> float | None:
        """The chance that it is won, rounded to hundredths; None where no model says anything, or for its buyer."""
        return None if self.for_buyer or self.lead.score is None else round(self.lead.score, 2)

    @property
    def etag(self) -> str:
        """Names this form of the lead."""
        return f'"{self.lead.last_number}"'


@dataclass(frozen=True)
class EventView:
    """One event of a timeline. `lead_id` names another lead where that was merged into this one."""

    lead_id: UUID
    number: int
    kind: str
    at: datetime
    recorded_at: datetime
    by_kind: str
    by_id: UUID | None
    state: str | None
    reason: str | None
    owner_id: UUID | None
    text: str | None = field(repr=False)
    details: Mapping[str, Any]


@dataclass(frozen=True)
class OpenedLead:
    """One lead with its contact, its timeline and its clocks."""

    view: LeadView
    contact: str | None = field(repr=False)
    email: str | None = field(repr=False)
    events: list[EventView]
    clocks: list[LeadClock]


def opened(sealer: Sealer, column: SealedColumn, row: Lead | LeadEvent | LeadAttachment) -> str | None:
    """Return a sealed value; None where there is none, or its owner was erased."""
    if getattr(row, column.column) is None:
        return None
    try:
        return column.open(sealer, row)
    except CannotOpenError:
        return None


def load_keys(sealer: Sealer, rows: Iterable[Lead | LeadEvent]) -> None:
    """Fetch the keys of many rows at once."""
    columns = ("sealed_contact", "sealed_name", "sealed_email", "sealed_text")
    sealer.load(getattr(row, column, None) for row in rows for column in columns)


def name_of(sealer: Sealer, lead: Lead) -> str | None:
    """Return the buyer's name."""
    return opened(sealer, LEAD_NAME, lead)


def contact_of(sealer: Sealer, lead: Lead) -> str | None:
    """Return the buyer's phone or address."""
    return opened(sealer, LEAD_CONTACT, lead)


def email_of(sealer: Sealer, lead: Lead) -> str | None:
    """Return the buyer's second address."""
    return opened(sealer, LEAD_EMAIL, lead)


def event_view(sealer: Sealer, row: LeadEvent) -> EventView:
    """Make the view of an event; that of a file names it."""
    named = {"attachment_id": str(row.id)} if row.kind == "attachment" else {}
    return EventView(
        row.lead_id, row.number, row.kind, row.at, row.created_at, row.by_kind, row.by_id, row.state, row.reason,
        row.owner_id, opened(sealer, EVENT_TEXT, row), {**row.details, **named},
    )  # fmt: skip
