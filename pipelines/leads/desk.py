"""Read how an organisation works with leads: calendar, promises, rules of assignment; where it says nothing, ours."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.locks import lock_name, share_name
from core.db.tables.leads import LeadDesk
from pipelines.leads.calendars.calendar import BusinessCalendar
from pipelines.leads.calendars.reading import calendar_of
from pipelines.leads.sla.policy import LONGEST_MINUTES, SlaPolicy, policy_of

_WORKDAY: Final = ["09:00-18:00"]
DEFAULT_CALENDAR: Final[dict[str, Any]] = {
    "timezone": "Asia/Karachi",
    "week": dict.fromkeys(("mon", "tue", "wed", "thu", "sat"), _WORKDAY) | {"fri": ["09:00-13:00", "14:30-18:00"]},
}
DEFAULT_POLICIES: Final[list[dict[str, Any]]] = [
    {
        "first_answer": {"minutes": 60},
        "next_answer": {"minutes": 120},
        "escalation": [{"minutes": 60, "to": "branch_manager"}],
    }
]
_EXTRA: Final = ("type", "escalation", "reassign_minutes")


class EscalationStep(BaseModel):
    """A step after a breach: so many further working minutes, and the role that is told."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    minutes: int = Field(ge=1, le=LONGEST_MINUTES)
    to: str = Field(pattern="^(branch_manager|org_admin)$")


class DeskRule(BaseModel):
    """A rule of assignment: leads of these values go to these people."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str = Field(pattern="^(branch|city|make|language)$")
    values: tuple[str, ...] = Field(min_length=1, max_length=100)
    people: tuple[UUID, ...] = Field(min_length=1, max_length=200)


class DeskPerson(BaseModel):
    """The part that a person takes: a share of the leads, hours of their own, or away."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_id: UUID
    weight: int = Field(default=1, ge=1, le=100)
    away: bool = False
    week: dict[str, list[str]] | None = None


class DeskRules(BaseModel):
    """The rules of an organisation, in order, and its people where they are not like all others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[DeskRule, ...] = Field(default=(), max_length=100)
    people: tuple[DeskPerson, ...] = Field(default=(), max_length=500)


@dataclass(frozen=True)
class LeadPolicy:
    """The promises for a type of lead, the chain of escalation after a breach, and when another person gets it."""

    sla: SlaPolicy
    escalation: tuple[EscalationStep, ...] = ()
    reassign_minutes: int | None = None


@dataclass(frozen=True)
class Desk:
    """The rules by which an organisation works with leads."""

    org_id: UUID
    calendar: BusinessCalendar
    policies: dict[str | None, LeadPolicy]
    rules: DeskRules

    def policy(self, lead_type: str) -> LeadPolicy:
        """Return the promises for a type of lead: its own, or those for all types."""
        return self.policies.get(lead_type) or self.policies.get(None) or LeadPolicy(SlaPolicy())


def read_desk(session: Session, org_id: UUID) -> Desk:
    """Read the desk of an organisation; it is not changed before the transaction ends."""
    share_name(session, lock_of_desk(org_id))
    return stored_desk(session, org_id)


def lock_desk(session: Session, org_id: UUID) -> None:
    """Wait until no other transaction works with the desk, and keep them off until this one ends."""
    lock_name(session, lock_of_desk(org_id))


def stored_desk(session: Session, org_id: UUID) -> Desk:
    """Return the desk as it stands."""
    columns = (LeadDesk.calendar, LeadDesk.policies, LeadDesk.rules)
    row = session.execute(select(*columns).where(LeadDesk.org_id == org_id)).one_or_none()
    return desk_of(org_id, *((None, None, None) if row is None else row))


def desk_of(
    org_id: UUID,
    calendar: dict[str, Any] | None,
    policies: list[dict[str, Any]] | None,
    rules: dict[str, Any] | None,
) -> Desk:
    """Return the desk that is stored so; nulls stand for ours."""
    return Desk(
        org_id,
        _calendar(json.dumps(calendar or DEFAULT_CALENDAR, sort_keys=True)),
        _policies(json.dumps(DEFAULT_POLICIES if policies is None else policies, sort_keys=True)),
        DeskRules.model_validate(rules or {}),
    )


def lead_policy_of(value: dict[str, Any]) -> LeadPolicy:
    """Check one policy as it is stored.

    Raises:
        BadSlaPolicyError, ValidationError: it says something impossible.
    """
    sla = policy_of({name: given for name, given in value.items() if name not in _EXTRA})
    steps = tuple(EscalationStep.model_validate(step) for step in value.get("escalation") or ())
    return LeadPolicy(sla, steps, value.get("reassign_minutes"))


@lru_cache(maxsize=512)
def _calendar(stored: str) -> BusinessCalendar:
    return calendar_of(json.loads(stored))


@lru_cache(maxsize=512)
def _policies(stored: str) -> dict[str | None, LeadPolicy]:
    return {value.get("type"): lead_policy_of(value) for value in json.loads(stored)}


def lock_of_desk(org_id: UUID) -> str:
    """Return the name of the lock that `read_desk` shares."""
    return f"lead desk {org_id}"
