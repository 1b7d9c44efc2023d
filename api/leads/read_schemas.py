"""Leads as they are listed and read."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.leads.ask_schemas import EXAMPLE_LEAD_ID, LeadType
from api.parameters import EXAMPLE_LISTING_ID
from core.db.tables.leads import LeadClock
from core.states.leads import LeadState
from serving.leads.desk.listing import LeadPage
from serving.leads.views import EventView, LeadView, OpenedLead

EXAMPLE_PERSON = "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5c"
Source = Literal["api", "adf", "mail", "import"]
_LEAD: dict[str, JsonValue] = {
    "lead_id": str(EXAMPLE_LEAD_ID),
    "etag": '"3"',
    "type": "test_drive",
    "source": "api",
    "state": "contacted",
    "state_reason": None,
    "owner_id": EXAMPLE_PERSON,
    "waiting_reason": None,
    "listing_id": str(EXAMPLE_LISTING_ID),
    "branch_id": None,
    "make": "Toyota",
    "city": "Lahore",
    "language": "en",
    "name": "Bilal Ahmed",
    "offer_pkr": None,
    "trade_in": None,
    "tags": ["hot"],
    "next_action": "call back",
    "next_action_at": "2026-11-28T06:00:00Z",
    "merged_into": None,
    "created_at": "2026-11-27T07:30:00Z",
    "changed_at": "2026-11-27T07:41:00Z",
    "due_at": None,
    "is_overdue": False,
    "lead_score": 0.21,
}
_HIDDEN: dict[str, Any] = {
    "state_reason": None, "owner_id": None, "waiting_reason": None, "tags": [], "next_action": None,
    "next_action_at": None,
}  # fmt: skip
"""The desk's own work, which a buyer is not shown; nor that the lead was taken for spam."""
_EVENT: dict[str, JsonValue] = {
    "lead_id": str(EXAMPLE_LEAD_ID),
    "number": 3,
    "kind": "reply",
    "at": "2026-11-27T07:41:00Z",
    "recorded_at": "2026-11-27T07:41:00Z",
    "by_kind": "person",
    "by_id": EXAMPLE_PERSON,
    "state": None,
    "reason": None,
    "owner_id": None,
    "text": "Yes, come on Saturday at 11.",
    "details": {},
}
_CLOCK: dict[str, JsonValue] = {
    "kind": "first_answer",
    "started_at": "2026-11-27T07:30:00Z",
    "due_at": "2026-11-27T10:00:00Z",
    "answered_at": "2026-11-27T07:41:00Z",
    "ended_at": "2026-11-27T07:41:00Z",
    "late": False,
    "working_seconds": 660.0,
}


class LeadSummaryRead(BaseModel):
    """A lead in a list. Buyers are shown neither its owner nor its clocks nor what the desk notes."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LEAD]})

    lead_id: UUID
    etag: str = Field(description="Send it in If-Match where nobody else may have changed the lead meanwhile.")
    type: LeadType
    source: Source
    state: LeadState = Field(description="Derived from its events.")
    state_reason: str | None
    owner_id: UUID | None = Field(description="Who answers it.")
    waiting_reason: str | None = Field(description="Why the lead has no owner, such as `nobody_on_shift`.")
    listing_id: UUID | None
    branch_id: UUID | None
    make: str | None
    city: str | None
    language: str
    name: str | None = Field(description="The buyer's; null once the buyer was erased.")
    offer_pkr: int | None
    trade_in: dict[str, Any] | None = Field(description="The buyer's own car, with its price band of that moment.")
    tags: list[str]
    next_action: str | None
    next_action_at: datetime | None
    merged_into: UUID | None
    created_at: datetime
    changed_at: datetime
    due_at: datetime | None = Field(description="When the first of its open clocks runs out.")
    is_overdue: bool
    lead_score: float | None = Field(
        description="The chance that it is won, by what was known when it came. Null where too little was known, or"
        " while no model is better than the share that is won anyway."
    )

    @classmethod
    def of(cls, view: LeadView) -> Self:
        """Make it from the service's view."""
        own = {"etag", "name", "due_at", "is_overdue"}
        rest = LeadSummaryRead.model_fields.keys() - own - {"lead_id", "lead_score"}
        values = {name: getattr(view.lead, name) for name in rest} | {name: getattr(view, name) for name in own}
        if view.for_buyer:
            values |= _HIDDEN | ({"state": LeadState.NEW} if view.lead.state == LeadState.SPAM else {})
        return cls(lead_id=view.lead.id, lead_score=view.score, **values)


class LeadEventRead(BaseModel):
    """One event of a timeline."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EVENT]})

    lead_id: UUID = Field(description="Another one than the lead itself where that was merged into it.")
    number: int
    kind: str
    at: datetime
    recorded_at: datetime
    by_kind: Literal["buyer", "person", "system", "platform"]
    by_id: UUID | None
    state: str | None
    reason: str | None
    owner_id: UUID | None
    text: str | None
    details: dict[str, Any]

    @classmethod
    def of(cls, view: EventView) -> Self:
        """Make it from the service's view."""
        return cls(**vars(view))


class LeadClockRead(BaseModel):
    """One promise that runs or ran."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CLOCK]})

    kind: Literal["first_answer", "next_answer", "resolution"]
    started_at: datetime
    due_at: datetime | None = Field(description="Null while the clock is paused before.")
    answered_at: datetime | None
    ended_at: datetime | None
    late: bool | None = Field(description="Whether it ended after it was due; null while it runs.")
    working_seconds: float | None = Field(description="Working time until the answer, without pauses.")

    @classmethod
    def of(cls, row: LeadClock) -> Self:
        """Make it from its row."""
        return cls(**{name: getattr(row, name) for name in LeadClockRead.model_fields})


class LeadRead(LeadSummaryRead):
    """A lead with its contact, its timeline and its clocks."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [_LEAD | {"contact": "+923001234567", "email": None, "events": [_EVENT], "clocks": [_CLOCK]}]
        }
    )

    contact: str | None = Field(description="The buyer's phone or address; that it was shown is recorded.")
    email: str | None = Field(description="The buyer's second address.")
    events: list[LeadEventRead]
    clocks: list[LeadClockRead]

    @classmethod
    def opened(cls, found: OpenedLead) -> Self:
        """Make it from the service's answer."""
        return cls(
            **LeadSummaryRead.of(found.view).model_dump(),
            contact=found.contact,
            email=found.email,
            events=[LeadEventRead.of(each) for each in found.events],
            clocks=[LeadClockRead.of(each) for each in found.clocks],
        )


class LeadListRead(BaseModel):
    """Leads, in the order that was asked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_LEAD], "next_cursor": None}]})

    items: list[LeadSummaryRead]
    next_cursor: UUID | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")

    @classmethod
    def of(cls, page: LeadPage) -> Self:
        """Make it from the service's page."""
        return cls(items=[LeadSummaryRead.of(each) for each in page.items], next_cursor=page.next_cursor)
