"""Requests that list leads and record the work of a desk on them."""

from dataclasses import replace
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.leads.ask_schemas import EXAMPLE_LEAD_ID, MessageText
from api.leads.read_schemas import EXAMPLE_PERSON, Source
from api.parameters import JSON_TIME, JSON_TRUTH, ONE_LINE, TRUTH, WHOLE, OptionalParam
from core.identity.orgs import CODE_PATTERN
from core.states.leads import LeadState
from serving.leads.desk.assigning import BulkAssignment
from serving.leads.desk.listing import LeadQuery
from serving.leads.desk.working import Deed


class LeadFilterParams(BaseModel):
    """Filters of leads."""

    model_config = ConfigDict(extra="forbid")

    org: OptionalParam[Annotated[str, Field(pattern=CODE_PATTERN)]] = Field(
        default=None, description="The organisation; needed where you belong to several."
    )
    side: OptionalParam[Literal["org", "seller", "buyer"]] = Field(
        default=None,
        description="`org`: of the desk (the default of its people); `seller`: on your private ads; `buyer`: your own.",
    )
    state: list[LeadState] = Field(default=[], max_length=9, description="In these states alone.")
    source: list[Source] = Field(default=[], max_length=4, description="From these sources alone.")
    owner: OptionalParam[UUID | Literal["me", "none"]] = Field(default=None, description="Of this person alone.")
    overdue: OptionalParam[Annotated[bool, TRUTH]] = Field(
        default=None, description="With a clock that has run out, or without one."
    )

    min_score: OptionalParam[Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]] = Field(
        default=None, description="With a `lead_score` of at least this: desks alone see scores."
    )

    def query(self) -> LeadQuery:
        """Return it for the service."""
        states = [str(each) for each in self.state]
        return LeadQuery(self.side, self.org, states, self.source, self.owner, self.overdue, self.min_score)


class LeadParams(LeadFilterParams):
    """Filters and page of a list of leads."""

    sort: Literal["newest", "score"] = Field(
        default="newest", description="`score`: those with the highest `lead_score` first, leads without one last."
    )
    cursor: OptionalParam[UUID] = Field(default=None, description="`next_cursor` of the page before.")
    limit: Annotated[int, Field(ge=1, le=100), WHOLE] = Field(default=50, description="Leads on a page.")

    def query(self) -> LeadQuery:
        """Return it for the service."""
        return replace(super().query(), sort=self.sort, after=self.cursor, limit=self.limit)


class LeadEventCreate(BaseModel):
    """An act of a person or system on a lead."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"kind": "note", "text": "Wants a red one."},
                {"kind": "reply", "text": "Yes, come on Saturday at 11."},
                {"kind": "state", "state": "lost", "reason": "bought_elsewhere"},
            ]
        },
    )

    kind: Literal["reply", "call", "note", "state", "pause", "resume", "auto_reply", "next_action", "tags"] = Field(
        description="Replies and calls are answers and stop clocks; nothing else does but the end of the matter."
    )
    text: MessageText | None = Field(default=None, description="Needed for `reply` and `note`.")
    state: LeadState | None = Field(default=None, description="Needed for `state`.")
    reason: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,60}$")] | None = Field(
        default=None, description="A code; needed with `lost`."
    )
    at: Annotated[AwareDatetime, JSON_TIME] | None = Field(
        default=None, description="Of a call, or a reply that was sent by other means."
    )
    send: Annotated[bool, JSON_TRUTH] = Field(
        default=True, description="Whether a reply is sent to the buyer's phone or address."
    )
    action: Annotated[str, Field(min_length=1, max_length=200), ONE_LINE] | None = Field(
        default=None, description="Needed for `next_action`."
    )
    action_at: Annotated[AwareDatetime, JSON_TIME] | None = Field(
        default=None, description="When the next action is due."
    )
    tags: Annotated[list[Annotated[str, Field(min_length=1, max_length=40), ONE_LINE]], Field(max_length=20)] | None = (
        Field(default=None, description="Needed for `tags`: all that the lead has from then on.")
    )

    def deed(self) -> Deed:
        """Return it for the service."""
        details: dict[str, Any] = {}
        if self.kind == "next_action" and self.action is not None:
            details = {"action": self.action, "at": None if self.action_at is None else self.action_at.isoformat()}
        if self.kind == "tags" and self.tags is not None:
            details = {"tags": sorted(set(self.tags))}
        state = None if self.state is None else str(self.state)
        return Deed(self.kind, self.text, state, self.reason, self.at, details, self.send)


class LeadAssign(BaseModel):
    """The new owner of a lead."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"owner_id": EXAMPLE_PERSON}]})

    owner_id: UUID | None = Field(description="A member of the organisation; null: the rules choose one.")


class LeadReassign(BaseModel):
    """Many leads to give away at once: those named, or all open ones of a person."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"from_owner_id": EXAMPLE_PERSON}]},
    )

    owner_id: UUID | None = Field(default=None, description="The new owner; left out: the rules choose.")
    from_owner_id: UUID | None = Field(default=None, description="All open leads of this person.")
    lead_ids: Annotated[list[UUID], Field(max_length=500)] = Field(default=[], description="These leads.")
    org: Annotated[str, Field(pattern=CODE_PATTERN)] | None = Field(
        default=None, description="The organisation; needed where you belong to several."
    )

    @model_validator(mode="after")
    def _names_leads(self) -> Self:
        if not self.lead_ids and self.from_owner_id is None:
            raise PydanticCustomError("leads_needed", "Name lead_ids or from_owner_id")
        return self

    def wanted(self) -> BulkAssignment:
        """Return it for the service."""
        return BulkAssignment(self.owner_id, self.lead_ids, self.from_owner_id, self.org)


class LeadsMoved(BaseModel):
    """The number of leads that were given to others."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"moved": 12}]})

    moved: int


class LeadMerge(BaseModel):
    """The lead that stays open, and takes the other one in."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"into": str(EXAMPLE_LEAD_ID)}]})

    into: UUID
