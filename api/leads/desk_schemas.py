"""Requests and answers about a lead desk: promises to buyers, people and rules of assignment."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.leads.ask_schemas import LeadType
from api.leads.read_schemas import EXAMPLE_PERSON
from api.parameters import JSON_NUMBER, JSON_TRUTH, ONE_LINE, SOUND_TEXT
from core.states.leads import LeadState
from serving.leads.desk.desks import DeskPart

Hours = Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=48)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Week = dict[Weekday, Hours]
DayText = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Minutes = Annotated[int, Field(ge=1, le=525_600), JSON_NUMBER]
_CALENDAR: dict[str, JsonValue] = {
    "timezone": "Asia/Karachi",
    "week": {"mon": ["09:00-18:00"], "fri": ["09:00-13:00", "14:30-18:00"]},
    "seasons": [{"from": "2027-02-08", "to": "2027-03-09", "week": {"mon": ["10:00-15:00"]}}],
    "exceptions": [{"from": "2027-03-10", "to": "2027-03-12", "name": "Eid ul-Fitr", "periods": []}],
}
_POLICIES: dict[str, JsonValue] = {
    "policies": [
        {
            "type": None,
            "first_answer": {"minutes": 60, "warn_at": [50, 80]},
            "next_answer": {"minutes": 120, "warn_at": [50, 80]},
            "resolution": None,
            "pausing_states": ["appointment"],
            "escalation": [{"minutes": 60, "to": "branch_manager"}],
            "reassign_minutes": 30,
        }
    ]
}
_RULES: dict[str, JsonValue] = {"rules": [], "people": []}
_STANDING: dict[str, JsonValue] = {"etag": '"0a1b2c3d4e5f6071"', "is_default": False, "clocks_moved": 0}


class _Standing(BaseModel):
    etag: str = Field(description="Send it in If-Match with a change.")
    is_default: bool = Field(description="Whether this is the platform's, since the organisation has said nothing.")
    clocks_moved: int = Field(description="The leads whose open clocks the change moved; 0 where nothing was changed.")


class SeasonBody(BaseModel):
    """A week of its own between two dates, both included."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: DayText = Field(alias="from")
    end: DayText = Field(alias="to")
    week: Week


class ExceptionBody(BaseModel):
    """Dates, both included, whose periods beat season and week; no periods: closed."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: DayText = Field(alias="from")
    end: DayText = Field(alias="to")
    name: Annotated[str, Field(max_length=120), SOUND_TEXT] = ""
    periods: Hours = []


class CalendarWrite(BaseModel):
    """A business calendar; all times are local to its time zone."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_CALENDAR]})

    timezone: Annotated[str, Field(min_length=1, max_length=60), ONE_LINE] = "Asia/Karachi"
    week: Week = Field(default={}, description="A day left out is closed.")
    seasons: Annotated[list[SeasonBody], Field(max_length=200)] = []
    exceptions: Annotated[list[ExceptionBody], Field(max_length=2_000)] = []

    def value(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return self.model_dump(mode="json", by_alias=True)


class CalendarRead(_Standing):
    """The calendar by which an organisation's deadlines run."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CALENDAR | _STANDING]})

    timezone: str
    week: dict[str, list[str]]
    seasons: list[dict[str, Any]]
    exceptions: list[dict[str, Any]]

    @classmethod
    def of(cls, part: DeskPart) -> Self:
        """Make it from the service's answer."""
        week = {day: hours for day, hours in part.value["week"].items() if hours}
        return cls(**part.value | {"week": week}, **_standing(part))


class PromiseBody(BaseModel):
    """Working minutes until the promise is broken, and the shares of them at which to warn."""

    model_config = ConfigDict(extra="forbid")

    minutes: Minutes
    warn_at: Annotated[list[Annotated[int, Field(ge=1, le=99), JSON_NUMBER]], Field(max_length=10)] = [50, 80]


class EscalationBody(BaseModel):
    """A step after a breach: further working minutes, and the role that is told."""

    model_config = ConfigDict(extra="forbid")

    minutes: Minutes
    to: Literal["branch_manager", "org_admin"]


class PolicyBody(BaseModel):
    """The promises for one type of lead; without a type, for all that have none of their own."""

    model_config = ConfigDict(extra="forbid")

    type: LeadType | None = None
    first_answer: PromiseBody | None = None
    next_answer: PromiseBody | None = None
    resolution: PromiseBody | None = None
    pausing_states: Annotated[list[LeadState], Field(max_length=9)] = []
    escalation: Annotated[list[EscalationBody], Field(max_length=10)] = []
    reassign_minutes: Minutes | None = Field(
        default=None, description="Working minutes after the breach at which another person gets the lead."
    )


class PoliciesWrite(BaseModel):
    """An organisation's promises to its buyers."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_POLICIES]})

    policies: Annotated[list[PolicyBody], Field(max_length=20)] = Field(description="A promise left out is not made.")

    def value(self) -> list[dict[str, Any]]:
        """Return it as it is stored."""
        return [each.model_dump(mode="json", exclude_none=True) for each in self.policies]


class PoliciesRead(_Standing):
    """An organisation's promises to its buyers."""

    model_config = ConfigDict(json_schema_extra={"examples": [_POLICIES | _STANDING]})

    policies: list[PolicyBody]

    @classmethod
    def of(cls, part: DeskPart) -> Self:
        """Make it from the service's answer."""
        return cls(policies=[PolicyBody.model_validate(each) for each in part.value], **_standing(part))


class RuleBody(BaseModel):
    """Leads with one of these values go to one of these people."""

    model_config = ConfigDict(extra="forbid")

    by: Literal["branch", "city", "make", "language"] = Field(description="`branch`: by the branch's code.")
    values: Annotated[list[Annotated[str, Field(min_length=1, max_length=100), SOUND_TEXT]], Field(max_length=100)]
    people: Annotated[list[UUID], Field(max_length=200)]


class PersonBody(BaseModel):
    """A person's share in the work of the desk."""

    model_config = ConfigDict(extra="forbid")

    user_id: UUID
    weight: Annotated[int, Field(ge=1, le=100), JSON_NUMBER] = Field(default=1, description="A share of the leads.")
    away: Annotated[bool, JSON_TRUTH] = Field(default=False, description="Gets no leads.")
    week: Week | None = Field(default=None, description="Own hours; without, those of the calendar.")


class RulesWrite(BaseModel):
    """Rules of assignment: the first rule that fits decides, then the round robin of all people on shift."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                _RULES,
                {"rules": [{"by": "make", "values": ["Toyota"], "people": [EXAMPLE_PERSON]}], "people": []},
            ]
        },
    )

    rules: Annotated[list[RuleBody], Field(max_length=100)] = []
    people: Annotated[list[PersonBody], Field(max_length=500)] = []

    def value(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return self.model_dump(mode="json")


class RulesRead(_Standing):
    """Rules of assignment."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RULES | _STANDING]})

    rules: list[RuleBody]
    people: list[PersonBody]

    @classmethod
    def of(cls, part: DeskPart) -> Self:
        """Make it from the service's answer."""
        stored = RulesWrite.model_validate(part.value)
        return cls(rules=stored.rules, people=stored.people, **_standing(part))


def _standing(part: DeskPart) -> dict[str, Any]:
    return {"etag": part.etag, "is_default": part.is_default, "clocks_moved": part.clocks_moved}
