"""Issue what is due of the clocks of leads: warnings, breaches, steps of escalation; each once.

A lead is locked before its timers are looked at, and one that another process has locked is passed over. What is
issued, its event, and its row of the outbox are one transaction: a process that is killed leaves all of it, or nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import Transaction
from core.db.tables.leads import Lead, LeadClock, LeadTimer
from pipelines.leads.assigning.waiting import NO_ANSWER, release
from pipelines.leads.log import NewLeadEvent, append, recorded_at

_BACKLOG = text("SELECT due, seconds FROM lead_timers_overdue(:now)")


@dataclass(frozen=True)
class TimerBacklog:
    """The number of timers that are overdue, and for how many seconds the oldest one is."""

    due: int
    oldest_seconds: float


def issue_due(
    transaction: Transaction,
    most: int = 50,
    clock: Callable[[], datetime] = utc_now,
    only: Sequence[UUID] | None = None,
) -> int:
    """Issue the due timers of at most so many leads, those that are due the longest first; return their number."""
    with transaction() as session:
        now = clock()
        due = LeadTimer.issued_at.is_(None) & (LeadTimer.at <= now)
        if only is not None:
            due &= LeadTimer.lead_id.in_(only)
        waiting = select(LeadTimer.lead_id).where(due).group_by(LeadTimer.lead_id)
        ids = session.scalars(waiting.order_by(text("min(at)"), LeadTimer.lead_id).limit(most)).all()
        locked = select(Lead).where(Lead.id.in_(ids)).order_by(Lead.id).with_for_update(skip_locked=True)
        return sum(_issue(session, lead, now) for lead in session.scalars(locked).all())


def timer_backlog(session: Session, now: datetime) -> TimerBacklog:
    """Measure what is overdue, for monitoring."""
    row = session.execute(_BACKLOG, {"now": now}).one()
    return TimerBacklog(row.due, row.seconds)


def _issue(session: Session, lead: Lead, now: datetime) -> int:
    """Issue the due timers of a locked lead, read under its lock."""
    found = select(LeadTimer).where(LeadTimer.lead_id == lead.id, LeadTimer.issued_at.is_(None), LeadTimer.at <= now)
    timers = session.scalars(found.order_by(LeadTimer.at, LeadTimer.step)).all()
    for timer in timers:
        clock = session.get_one(LeadClock, timer.clock_id)
        timer.issued_at = now
        if timer.step == "breach":
            clock.breached_at = now
        details = {"step": timer.step, "clock": clock.kind, "due_at": timer.at.isoformat(), "to": timer.to}
        told = {"clock": clock.kind, "clock_id": str(clock.id), "to": timer.to}
        event = NewLeadEvent("sla", recorded_at(now, lead), reason=timer.step, details=details)
        append(session, lead, event, told=told)
        if timer.step == "reassign" and lead.owner_id is not None:
            release(session, lead, NO_ANSWER, now)
    session.flush()
    return len(timers)
