"""The people of an organisation who can be given leads now."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.roles import Role
from pipelines.leads.assigning.choice import Candidate
from pipelines.leads.calendars.calendar import BusinessCalendar
from pipelines.leads.calendars.schema import CalendarSpec, Week
from pipelines.leads.desk import Desk, DeskPerson

_PEOPLE = text("""
SELECT m.user_id, m.role,
  (SELECT array_agg(b.branch_id) FROM membership_branches b WHERE b.membership_id = m.id) AS branches,
  (SELECT count(*) FROM leads l WHERE l.org_id = m.org_id AND l.owner_id = m.user_id
    AND l.state NOT IN ('won', 'lost', 'spam', 'merged')) AS open_leads,
  (SELECT max(l.assigned_at) FROM leads l WHERE l.owner_id = m.user_id) AS last_assigned
FROM memberships m JOIN users u ON u.id = m.user_id
WHERE m.org_id = :org AND u.blocked_at IS NULL AND m.role IN ('sales_agent', 'branch_manager', 'org_admin')
ORDER BY m.user_id
""")


def team_of(session: Session, desk: Desk, now: datetime, *, everybody: bool = False) -> list[Candidate]:
    """Read the people who can be given leads: agents and managers, and administrators whom the rules name.

    Where an organisation has neither agents nor managers, its administrators are given all. By hand `everybody` can.
    """
    settings = {each.user_id: each for each in desk.rules.people}
    named = {*settings, *(person for rule in desk.rules.rules for person in rule.people)}
    rows = session.execute(_PEOPLE, {"org": desk.org_id}).all()
    sellers = [row for row in rows if row.role != Role.ORG_ADMIN or row.user_id in named]
    return [_candidate(row, desk, settings, now) for row in (rows if everybody else sellers or rows)]


def _candidate(row: Any, desk: Desk, settings: Mapping[UUID, DeskPerson], now: datetime) -> Candidate:  # noqa: ANN401
    own = settings.get(row.user_id) or DeskPerson(user_id=row.user_id)
    branches = None if row.branches is None else frozenset(row.branches)
    present = not own.away and _calendar_of(desk.calendar, own).is_open(now)
    return Candidate(row.user_id, branches, own.weight, present, row.open_leads, row.last_assigned)


def _calendar_of(calendar: BusinessCalendar, person: DeskPerson) -> BusinessCalendar:
    """Return the hours of a person: the organisation's, with the person's own week where there is one."""
    if person.week is None:
        return calendar
    hours = tuple((day, tuple(periods)) for day, periods in sorted(person.week.items()))
    return _with_week(calendar.spec.model_dump_json(by_alias=True), hours)


@lru_cache(maxsize=1024)
def _with_week(stored: str, hours: tuple[tuple[str, tuple[str, ...]], ...]) -> BusinessCalendar:
    spec = CalendarSpec.model_validate_json(stored)
    return BusinessCalendar(spec.model_copy(update={"week": Week.model_validate(dict(hours)), "seasons": ()}))
