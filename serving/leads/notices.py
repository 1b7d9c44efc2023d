"""Tell people of their leads: that one is theirs, that its buyer wrote again, that its time is going or is over.

The events are read after their commit, each once: messages and position are one transaction. What was overtaken
before it was read is not even queued.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.access.roles import Role
from core.clock import utc_now
from core.db.tables import Listing
from core.db.tables.leads import Lead, LeadEvent
from core.db.tables.people import MembershipBranch, OrgMembership, User
from core.declarations import MessageAbout
from core.outbox.events import Event
from core.security.platform_keys import PlatformKeys
from pipelines.leads.log import TOPIC
from pipelines.notifications.queue import Subject
from serving.leads.overtaken import lead_still_waits
from serving.notifications.notifying import Notice, notify

_log = logging.getLogger(__name__)
OLDEST: Final = timedelta(days=1)
"""Events that were read later than this are told to nobody: a consumer that starts reads old ones too."""
_STEPS: Final = {"breach": "lead_breach", "warning": "lead_warning", "escalation": "lead_escalated"}


@dataclass(frozen=True)
class _Told:
    """A template, the further values and facts of it, and the people to tell."""

    template: str
    people: Sequence[UUID]
    values: dict[str, str] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)


def notifying_people(
    keys: PlatformKeys, clock: Callable[[], datetime] = utc_now
) -> Callable[[Session, Sequence[Event]], None]:
    """Make the handler of events of leads."""

    def handle(session: Session, events: Sequence[Event]) -> None:
        now = clock()
        for event in events:
            if now - event.created_at <= OLDEST:
                _notify(session, keys, event, now)

    return handle


def _notify(session: Session, keys: PlatformKeys, event: Event, now: datetime) -> None:
    lead = session.get(Lead, event.subject_id)
    if lead is None:
        return
    for told in _told_of(session, lead, event):
        values = {"car": _car(session, lead), **told.values}
        facts = {"number": event.payload["number"], "owner": True, **told.facts}
        for person in session.scalars(select(User).where(User.id.in_(told.people)).order_by(User.id)):
            if lead_still_waits(session, MessageAbout(lead.id, person.id, facts, now)):
                about = Subject(TOPIC, lead.id, facts)
                sent = notify(session, keys, person, Notice(told.template, values, about))
                _log.info("lead %s: %s is told by %d messages of %s", lead.id, person.id, sent, told.template)


def _told_of(session: Session, lead: Lead, event: Event) -> Iterator[_Told]:
    owner = event.payload.get("owner_id")
    owners = [] if owner is None else [UUID(owner)]
    if event.kind == "assigned" and not _took_over(session, lead, event, owner):
        yield _Told("lead_assigned", owners)
    if event.kind in ("joined", "message"):
        yield _Told("lead_message", owners)
    if event.kind == "sla":
        yield from _of_clock(session, lead, event, owners)


def _took_over(session: Session, lead: Lead, event: Event, owner: object) -> bool:
    """Tell whether the owner took the lead: nobody need be told of what they did themselves."""
    mine = select(LeadEvent.by_id).where(LeadEvent.lead_id == lead.id, LeadEvent.number == event.payload["number"])
    return str(session.scalar(mine)) == owner


def _of_clock(session: Session, lead: Lead, event: Event, owners: Sequence[UUID]) -> Iterator[_Told]:
    """Give what a step of a clock tells: its owner, or where the lead has none, and of escalations, its managers."""
    step = str(event.payload.get("reason"))
    kind, _, number = step.partition("_")
    template = _STEPS.get(kind)
    if template is None or "clock_id" not in event.payload:
        return
    facts: dict[str, object] = {"clock": event.payload["clock_id"], "step": step}
    values = {"percent": number} if kind == "warning" else {}
    if kind == "escalation" or not owners:
        managers = _managers(session, lead, event.payload.get("to") or Role.BRANCH_MANAGER)
        yield _Told(template, managers, values, facts | {"owner": False})
    else:
        yield _Told(template, owners, values, facts)


def _managers(session: Session, lead: Lead, role: str) -> Sequence[UUID]:
    """Return the people of a role who reach the lead's branch; where there are none, the administrators."""
    narrowed = select(MembershipBranch.membership_id).where(MembershipBranch.membership_id == OrgMembership.id)
    reaches = or_(~narrowed.exists(), narrowed.where(MembershipBranch.branch_id == lead.branch_id).exists())
    people = select(OrgMembership.user_id).where(OrgMembership.org_id == lead.org_id, reaches)
    for each in (role, Role.ORG_ADMIN):
        found = session.scalars(people.where(OrgMembership.role == each).order_by(OrgMembership.user_id)).all()
        if found:
            return found
    return []


def _car(session: Session, lead: Lead) -> str:
    title = session.scalar(select(Listing.title).where(Listing.id == lead.listing_id))
    return title or lead.make or "—"
