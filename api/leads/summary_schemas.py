"""Requests and answers about the summary of a lead desk, and about exports of leads."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.leads.read_schemas import EXAMPLE_PERSON
from api.leads.work_schemas import LeadFilterParams
from api.parameters import WHOLE, OptionalParam
from core.identity.orgs import CODE_PATTERN
from serving.leads.desk.summary import ResponseTimes, Summary, SummaryQuery

_TIMES: dict[str, JsonValue] = {
    "key": EXAMPLE_PERSON, "answers": 41, "median_minutes": 12.5, "p90_minutes": 48.0, "late": 2,
}  # fmt: skip


class ResponseTimesRead(BaseModel):
    """Response times to first messages, in working minutes."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TIMES]})

    key: str | None = Field(description="The person who answered, the car's branch, or the hour of the message.")
    answers: int
    median_minutes: float
    p90_minutes: float
    late: int = Field(description="Of these, those after the deadline.")

    @classmethod
    def of(cls, times: ResponseTimes) -> Self:
        """Make it from the service's answer."""
        return cls(**vars(times))


class LeadsSummaryRead(BaseModel):
    """The open leads of a desk, and its response times."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "states": {"new": 3, "contacted": 12},
                    "overdue": 1,
                    "waiting": {"nobody_on_shift": 3},
                    "by_person": [_TIMES],
                    "by_branch": [],
                    "by_hour": [],
                }
            ]
        }
    )

    states: dict[str, int] = Field(description="The number of leads in each state that has any.")
    overdue: int = Field(description="Leads with a clock that has run out.")
    waiting: dict[str, int] = Field(description="Open leads without an owner, by the reason.")
    by_person: list[ResponseTimesRead]
    by_branch: list[ResponseTimesRead]
    by_hour: list[ResponseTimesRead]

    @classmethod
    def of(cls, found: Summary) -> Self:
        """Make it from the service's answer."""
        times = {
            name: [ResponseTimesRead.of(each) for each in getattr(found, name)]
            for name in ("by_person", "by_branch", "by_hour")
        }
        return cls(states=found.states, overdue=found.overdue, waiting=found.waiting, **times)


class SummaryParams(BaseModel):
    """The desk to summarise, and the number of days."""

    model_config = ConfigDict(extra="forbid")

    org: OptionalParam[Annotated[str, Field(pattern=CODE_PATTERN)]] = Field(
        default=None, description="The organisation; needed where you belong to several."
    )
    days: Annotated[int, Field(ge=1, le=366), WHOLE] = Field(default=30, description="Answers of the last days.")

    def query(self) -> SummaryQuery:
        """Return it for the service."""
        return SummaryQuery(self.org, self.days)


class ExportParams(LeadFilterParams):
    """The leads to export, and the format."""

    format: Literal["csv", "json", "adf"] = Field(default="json", description="The form of the answer.")


class ExportedLead(BaseModel):
    """A lead for another system."""

    lead_id: UUID
    created_at: datetime
    type: str
    source: str
    state: str
    state_reason: str | None
    owner_id: UUID | None
    branch_id: UUID | None
    listing_id: UUID | None
    make: str | None
    city: str | None
    language: str
    name: str | None
    contact: str | None
    email: str | None
    offer_pkr: int | None
    tags: list[str]
    next_action: str | None
    next_action_at: datetime | None


class LeadExport(BaseModel):
    """Leads for another system, the newest first; 10,000 at most."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"leads": []}]})

    leads: list[ExportedLead]

    @classmethod
    def of(cls, rows: list[dict[str, Any]]) -> Self:
        """Make it from the service's rows."""
        return cls(leads=[ExportedLead(**row) for row in rows])
