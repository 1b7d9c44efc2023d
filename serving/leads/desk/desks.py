"""Read and change how an organisation works with leads: its calendar, its promises and its rules of assignment."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Branch
from core.db.tables.leads import LEAD_TYPES
from core.db.tables.people import OrgMembership
from pipelines.leads.calendars.errors import BadCalendarError, CalendarNeverOpensError, CalendarTooSeldomError
from pipelines.leads.calendars.reading import calendar_of, spec_of
from pipelines.leads.calendars.schema import Week
from pipelines.leads.desk import DEFAULT_CALENDAR, DEFAULT_POLICIES, DeskRules, lead_policy_of, lock_desk
from pipelines.leads.desk_changes import Part, store_part, stored_part
from pipelines.leads.sla.errors import BadSlaPolicyError
from serving.identity.orgs.orgs import find_org
from serving.leads.declarations import MANAGE_DESK, READ_DESK
from serving.leads.errors import BadRulesError, DeskChangedError
from serving.listings.errors import IfMatchNeededError

__all__ = [
    "BadCalendarError", "BadSlaPolicyError", "CalendarNeverOpensError", "CalendarTooSeldomError", "DeskChange",
    "DeskPart", "Part", "change_part", "read_part",
]  # fmt: skip

_DEFAULTS: Final[dict[Part, Any]] = {"calendar": DEFAULT_CALENDAR, "policies": DEFAULT_POLICIES, "rules": {}}
_ETAG_DIGITS: Final = 16


@dataclass(frozen=True)
class DeskPart:
    """One part of a desk as it stands; `is_default` where the organisation has said nothing of its own."""

    value: Any
    is_default: bool
    clocks_moved: int = 0

    @property
    def etag(self) -> str:
        """Names this form: a digest of what it says."""
        text = json.dumps(self.value, sort_keys=True, default=str)
        return f'"{sha256(text.encode()).hexdigest()[:_ETAG_DIGITS]}"'


@dataclass(frozen=True)
class DeskChange:
    """A change of one part, of the form that `if_match` names."""

    part: Part
    value: Any
    if_match: str | None


def read_part(session: Session, principal: Principal, code: str, part: Part) -> DeskPart:
    """Read one part of an organisation's desk.

    Raises:
        ForbiddenError, UnknownOrgError: see `serving.identity.orgs.orgs.find_org`.
    """
    return _part(session, find_org(session, principal, code, READ_DESK).id, part)


def change_part(session: Session, principal: Principal, code: str, change: DeskChange, now: datetime) -> DeskPart:
    """Change one part; open clocks move in the same transaction, and clocks that ended are not judged again.

    Raises:
        ForbiddenError, UnknownOrgError: see `serving.identity.orgs.orgs.find_org`.
        IfMatchNeededError, DeskChangedError: it is not as the caller read it.
        BadCalendarError, CalendarNeverOpensError, BadSlaPolicyError, BadRulesError: it says something impossible.
    """
    org = find_org(session, principal, code, MANAGE_DESK)
    if change.if_match is None:
        raise IfMatchNeededError
    lock_desk(session, org.id)
    before = _part(session, org.id, change.part)
    if change.if_match.strip() not in ("*", before.etag):
        raise DeskChangedError
    value = _checked(session, org.id, change)
    moved = store_part(session, org.id, change.part, value, now)
    act = Act("leads.change_desk", "org", str(org.id), org.id, {change.part: before.value}, {change.part: value})
    record(session, Actor.of(principal), act)
    return DeskPart(value, is_default=False, clocks_moved=moved)


def _part(session: Session, org_id: UUID, part: Part) -> DeskPart:
    stored = stored_part(session, org_id, part)
    if stored is None:
        stored, is_default = _DEFAULTS[part], True
    else:
        is_default = False
    if part == "calendar":
        stored = spec_of(calendar_of(stored))
    elif part == "rules":
        stored = DeskRules.model_validate(stored).model_dump(mode="json")
    return DeskPart(stored, is_default)


def _checked(session: Session, org_id: UUID, change: DeskChange) -> Any:  # noqa: ANN401
    if change.part == "calendar":
        return spec_of(calendar_of(change.value))
    if change.part == "policies":
        return _checked_policies(change.value)
    return _checked_rules(session, org_id, change.value)


def _checked_policies(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    types = [value.get("type") for value in values]
    if len(set(types)) != len(types):
        raise BadSlaPolicyError(["each type of lead has one policy, and at most one is for all types"])
    if unknown := [kind for kind in types if kind is not None and kind not in LEAD_TYPES]:
        raise BadSlaPolicyError([f"{unknown[0]!a} is no type of lead"])
    for value in values:
        try:
            lead_policy_of(value)
        except ValidationError as error:
            raise BadSlaPolicyError([fault["msg"] for fault in error.errors()]) from error
    return values


def _checked_rules(session: Session, org_id: UUID, value: Any) -> dict[str, Any]:  # noqa: ANN401
    """Check that rules name people and branches of the organisation, and hours that can be read."""
    try:
        rules = DeskRules.model_validate(value)
        for person in rules.people:
            Week.model_validate(person.week or {})
    except (ValidationError, BadCalendarError) as error:
        faults = error.errors() if isinstance(error, ValidationError) else [{"loc": (), "msg": str(error)}]
        told = [f"{'.'.join(map(str, fault['loc'])) or 'the rules'}: {fault['msg']}" for fault in faults]
        raise BadRulesError("The rules cannot be used: " + "; ".join(told[:10]) + ".") from error
    members = set(session.scalars(select(OrgMembership.user_id).where(OrgMembership.org_id == org_id)))
    named = {*(each.user_id for each in rules.people), *(one for rule in rules.rules for one in rule.people)}
    if strangers := sorted(map(str, named - members)):
        raise BadRulesError(f"These people are no members of the organisation: {', '.join(strangers[:10])}.")
    codes = {code.casefold() for code in session.scalars(select(Branch.code).where(Branch.org_id == org_id))}
    asked = {each.casefold() for rule in rules.rules if rule.by == "branch" for each in rule.values}
    if unknown := sorted(asked - codes):
        raise BadRulesError(f"There is no branch {', '.join(unknown[:10])}.")
    return rules.model_dump(mode="json")
