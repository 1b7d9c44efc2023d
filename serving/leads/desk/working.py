"""Write down what became of a lead: answers, notes, states, pauses, tags and the next action."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Org
from core.db.tables.leads import Lead
from core.identity.contacts import Contact
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.states.leads import LeadState
from pipelines.leads.clock_store import sync_clocks
from pipelines.leads.log import By, NewLeadEvent, append, recorded_at
from pipelines.notifications.channels import Recipient, ways_to
from pipelines.notifications.preferences import preferences_of
from pipelines.notifications.queue import MessageText, queue_message
from serving.identity.errors import PeopleOnlyError
from serving.leads.access import locked
from serving.leads.declarations import WORK_LEADS
from serving.leads.desk.reading import opened_lead
from serving.leads.errors import BadLeadEventError, BuyerErasedError
from serving.leads.views import OpenedLead, contact_of

_NEEDS: Final = {"reply": "text", "note": "text", "state": "state", "next_action": "action", "tags": "tags"}
_BY_PEOPLE: Final = frozenset({"reply", "call"})
_OLDEST: Final = timedelta(days=30)
_BY_HAND: Final = frozenset(LeadState) - {LeadState.NEW, LeadState.ASSIGNED, LeadState.MERGED}


@dataclass(frozen=True)
class Working:
    """The means of working leads: a transaction, its keys, the caller, and the time."""

    session: Session
    keys: PlatformKeys
    principal: Principal
    now: datetime


@dataclass(frozen=True)
class Deed:
    """An act of a person of the desk, or of one of its systems."""

    kind: str
    text: str | None = field(default=None, repr=False)
    state: str | None = None
    reason: str | None = None
    at: datetime | None = None  # of what was done before it is written down
    details: Mapping[str, Any] = field(default_factory=dict)
    send: bool = True  # a reply is sent to the buyer


def write_down(work: Working, lead_id: UUID, deed: Deed, if_match: str | None = None) -> OpenedLead:
    """Append an event to a lead, and bring its state and clocks up to date.

    Raises:
        ForbiddenError, LeadNotFoundError, LeadClosedError, LeadChangedSinceError: see `serving.leads.access`.
        PeopleOnlyError: a system answers nobody; what it sends is an automatic reply.
        BadLeadEventError: the event lacks something, or happened at an impossible time.
        BuyerErasedError: it has a text, which could not be kept.
    """
    _check(work, deed)
    found = locked(work.session, work.principal, WORK_LEADS, lead_id, if_match)
    lead = found.lead
    if deed.text is not None and lead.blind_index is None:  # there is no key to seal it under any more
        raise BuyerErasedError
    at = _time_of(work, lead, deed)
    if deed.kind == "reply" and deed.send:
        _send(work, lead, deed)
    by = By("system" if work.principal.user_id is None else "person", work.principal.acting_id)
    event = NewLeadEvent(
        deed.kind, at, by, state=deed.state, reason=deed.reason, text=deed.text, details=dict(deed.details)
    )
    before = lead.state
    append(work.session, lead, event, sealer=Sealer(work.session, work.keys))
    sync_clocks(work.session, lead, found.desk)
    after = {"kind": deed.kind, "state": lead.state, "reason": deed.reason}
    act = Act("leads.work", "lead", str(lead.id), lead.org_id, {"state": before}, after)
    record(work.session, Actor.of(work.principal), act)
    work.session.flush()
    return opened_lead(work.session, work.keys, lead, work.now)


def _check(work: Working, deed: Deed) -> None:
    if deed.kind in _BY_PEOPLE and work.principal.user_id is None and work.principal.service_account is not None:
        raise PeopleOnlyError
    needed = _NEEDS.get(deed.kind)
    given = {"text": deed.text, "state": deed.state} | dict(deed.details)
    if needed is not None and given.get(needed) is None:
        raise BadLeadEventError(f"An event of kind {deed.kind} needs `{needed}`.")
    if deed.state is not None and deed.kind != "state":
        raise BadLeadEventError("Only an event of kind state has a `state`.")
    if deed.kind == "state" and deed.state not in _BY_HAND:
        raise BadLeadEventError(f"People move leads to {', '.join(sorted(_BY_HAND))}.")
    if deed.state == LeadState.LOST and deed.reason is None:
        raise BadLeadEventError("A lost lead says why: give a `reason`.")


def _time_of(work: Working, lead: Lead, deed: Deed) -> datetime:
    """Return when it happened: now, or what a person says of a call or a reply by other means."""
    if deed.at is None:
        return recorded_at(work.now, lead)
    if deed.kind not in _BY_PEOPLE or (deed.kind == "reply" and deed.send):
        raise BadLeadEventError("Only a call, or a reply that was sent by other means, is dated: leave `at` out.")
    if not max(lead.created_at, work.now - _OLDEST) <= deed.at <= work.now:
        raise BadLeadEventError("`at` lies between the buyer's first message (30 days ago at most) and now.")
    return deed.at


def _send(work: Working, lead: Lead, deed: Deed) -> None:
    """Queue the reply for the buyer, in the transaction that writes it down, by the channels that the buyer chose."""
    contact = contact_of(Sealer(work.session, work.keys), lead)
    if contact is None or deed.text is None:
        raise BadLeadEventError("The buyer cannot be reached from here; answer by other means, with `send` false.")
    org = work.session.scalar(select(Org.name).where(Org.id == lead.org_id)) or "Automart"
    values = {"org": org, "car": lead.make or "car", "text": deed.text}
    message = MessageText("lead_reply", values, lead.language, lead.buyer_id)
    with platform_step(work.session, Step.LEAD):
        wanted = preferences_of(work.session, lead.buyer_id).of("lead_reply")
    to = Contact("email" if lead.contact_kind == "email" else "phone", contact)
    for way in ways_to(to, wanted) or (Recipient.of(to),):
        queue_message(work.session, work.keys, to, message, way)
