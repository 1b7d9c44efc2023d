"""Keep the clocks and timers of a lead as its events, the promises and the calendar say.

Everything is computed anew by the pure functions of `pipelines.leads.sla` whenever one of these changes. A clock that
has ended is left as it is, and a step that was issued stays issued.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.ids import new_id
from core.db.tables.leads import Lead, LeadClock, LeadEvent, LeadTimer
from core.states.leads import LeadState
from pipelines.leads.desk import Desk, LeadPolicy
from pipelines.leads.log import events_of
from pipelines.leads.sla.clocks import Clock, HistoryEvent, HistoryKind, clock_deadline, clocks_of
from pipelines.leads.sla.deadline import Deadline, deadline, working_time
from pipelines.leads.sla.policy import ClockKind, ClockPolicy

_HISTORY = frozenset(HistoryKind)
Step = tuple[str, datetime, str | None]


@dataclass(frozen=True)
class TimedClock:
    """A clock with the steps that are due while it runs."""

    clock: LeadClock
    steps: Sequence[Step]


def first_clocks(lead: Lead, desk: Desk, events: Sequence[LeadEvent]) -> list[TimedClock]:
    """Make the clocks and timers of a lead that is not stored yet; a private ad's lead has none."""
    if lead.seller_id is not None:
        return []
    policy, made = desk.policy(lead.type), []
    for clock in clocks_of(_history(events), policy.sla):
        found = clock_deadline(clock, policy.sla, desk.calendar)
        if found is not None:
            row = _judged(_new_clock(lead, clock), clock, found, desk)
            made.append(TimedClock(row, [] if clock.ended_at else list(_steps(clock, policy, found, desk))))
    return made


def sync_clocks(session: Session, lead: Lead, desk: Desk) -> None:
    """Bring the clocks and timers of a locked lead up to date; a private ad's lead has none."""
    if lead.seller_id is not None:
        return
    session.flush()
    policy, events = desk.policy(lead.type), events_of(session, lead.id)
    answers, stored = _answers(events), _stored(session, lead)
    for clock in clocks_of(_history(events), policy.sla):
        known = stored.pop((clock.kind, clock.started_at.astimezone(UTC)), None)
        if known is None or known.ended_at is None:
            row = _keep(session, lead, desk, clock, known)
            if row is not None and clock.answered_at is not None:
                row.answered_by = answers.get(clock.answered_at)
    for gone in stored.values():  # its promise is not made any more, or an event that came late explains it otherwise
        if gone.ended_at is None:
            gone.ended_at = lead.changed_at
            _drop_timers(session, gone)


def _history(events: Sequence[LeadEvent]) -> list[HistoryEvent]:
    return [
        HistoryEvent(event.at, HistoryKind(event.kind), None if event.state is None else LeadState(event.state))
        for event in events
        if event.kind in _HISTORY
    ]


def _answers(events: Sequence[LeadEvent]) -> dict[datetime, UUID | None]:
    """Return the person of each answer, by its moment."""
    return {event.at: event.by_id for event in events if event.kind in (HistoryKind.REPLY, HistoryKind.CALL)}


def _stored(session: Session, lead: Lead) -> dict[tuple[str, datetime], LeadClock]:
    rows = session.scalars(select(LeadClock).where(LeadClock.lead_id == lead.id))
    return {(row.kind, row.started_at.astimezone(UTC)): row for row in rows}


def _keep(session: Session, lead: Lead, desk: Desk, clock: Clock, known: LeadClock | None) -> LeadClock | None:
    policy = desk.policy(lead.type)
    found = clock_deadline(clock, policy.sla, desk.calendar)
    if found is None:
        return None
    row = known
    if row is None:
        row = _new_clock(lead, clock)
        session.add(row)
    _judged(row, clock, found, desk)
    session.flush()
    if known is not None:
        _drop_timers(session, row)
    if clock.ended_at is None:
        steps = list(_steps(clock, policy, found, desk))
        if steps:
            _add_timers(session, row, steps)
    return row


def _new_clock(lead: Lead, clock: Clock) -> LeadClock:
    return LeadClock(
        id=new_id(), lead_id=lead.id, org_id=lead.org_id, kind=clock.kind, started_at=clock.started_at
    )  # fmt: skip


def _judged(row: LeadClock, clock: Clock, found: Deadline, desk: Desk) -> LeadClock:
    row.due_at, row.answered_at, row.ended_at = found.due, clock.answered_at, clock.ended_at
    row.late = None if clock.ended_at is None else found.breached_by(None)
    if clock.answered_at is not None:
        worked = working_time(desk.calendar, clock.started_at, clock.answered_at, found.paused)
        row.working_seconds = worked.total_seconds()
    return row


def _steps(clock: Clock, policy: LeadPolicy, found: Deadline, desk: Desk) -> Iterator[Step]:
    for warning in found.warnings:
        if warning.at is not None:
            yield f"warning_{warning.percent}", warning.at, None
    promise = policy.sla.of(clock.kind)
    if found.due is None or promise is None:
        return
    yield "breach", found.due, None
    for number, step in enumerate(policy.escalation, 1):
        at = _beyond(clock, promise, step.minutes, desk)
        if at is not None:
            yield f"escalation_{number}", at, step.to
    if policy.reassign_minutes is not None and clock.kind is not ClockKind.RESOLUTION:
        at = _beyond(clock, promise, policy.reassign_minutes, desk)
        if at is not None:
            yield "reassign", at, None


def _beyond(clock: Clock, promise: ClockPolicy, minutes: int, desk: Desk) -> datetime | None:
    longer = ClockPolicy(minutes=min(promise.minutes + minutes, 525_600), warn_at=())
    return deadline(clock.started_at, longer, desk.calendar, clock.moments).due


def _drop_timers(session: Session, row: LeadClock) -> None:
    session.execute(delete(LeadTimer).where(LeadTimer.clock_id == row.id, LeadTimer.issued_at.is_(None)))


def _add_timers(session: Session, row: LeadClock, steps: list[Step]) -> None:
    """Add timers; those of steps that were issued before are there already and stay."""
    shared: dict[str, Any] = {"clock_id": row.id, "lead_id": row.lead_id, "org_id": row.org_id}
    values = [shared | {"step": step, "at": at, "to": to} for step, at, to in steps]
    session.execute(insert(LeadTimer).values(values).on_conflict_do_nothing())
