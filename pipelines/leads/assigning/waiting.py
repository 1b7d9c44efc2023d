"""Give leads that wait to people: the oldest first, each to one person, with the reason."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.locks import lock_name
from core.db.session import Transaction
from core.db.tables import Branch
from core.db.tables.leads import Lead
from core.states.leads import CLOSING
from pipelines.leads.assigning.choice import NOBODY_IN_BRANCH, NOBODY_ON_SHIFT, Candidate, Wanted, choose
from pipelines.leads.assigning.team import team_of
from pipelines.leads.desk import Desk, read_desk
from pipelines.leads.log import NewLeadEvent, append, recorded_at

NO_ANSWER: Final = "no_answer_in_time"
REOPENED: Final = "reopened"
_FOUND_NOBODY: Final = (NOBODY_ON_SHIFT, NOBODY_IN_BRANCH)
_MOST_LOOKED_AT: Final = 5_000
_WAITING: Final = (Lead.owner_id.is_(None), Lead.seller_id.is_(None), Lead.state.not_in(CLOSING))
_LAST_OWNERS = text("""
SELECT DISTINCT ON (lead_id) lead_id, owner_id FROM lead_events
WHERE lead_id = ANY(:ids) AND kind = 'assigned' ORDER BY lead_id, number DESC
""")


def assign_due(transaction: Transaction, most: int = 50, clock: Callable[[], datetime] = utc_now) -> int:
    """Give waiting leads to people, at most so many of each organisation; return how many were given."""
    with transaction() as session:
        orgs = session.scalars(select(Lead.org_id).where(*_WAITING).distinct()).all()
    given = 0
    for org_id in orgs:
        with transaction() as session:
            given += assign_waiting(session, org_id, clock(), most=most)
    return given


def assign_waiting(
    session: Session, org_id: UUID, now: datetime, *, most: int = 50, only: Sequence[UUID] | None = None
) -> int:
    """Give an organisation's waiting leads to people; `only` some of them, which the caller has locked.

    Two that assign at once take turns, since the load of people decides; a lead that another process has locked waits
    for the next time.
    """
    desk = read_desk(session, org_id)
    lock_name(session, f"lead assignment {org_id}")
    session.flush()
    team = team_of(session, desk, now)
    rows = _rows(session, org_id, nobody=not any(each.on_shift for each in team), only=only)
    given = 0
    for lead_id, wanted, reason in _wanted(session, rows):
        if given == most:
            break
        choice = choose(wanted, desk.rules.rules, team)
        if choice.candidate is None and choice.reason == reason:
            continue
        lead = _locked(session, lead_id, wait=only is not None)
        if lead is not None:
            given += _give(session, lead, choice.candidate, choice.reason, now)
    return given


def release(session: Session, lead: Lead, reason: str, now: datetime) -> None:
    """Take a locked lead from its owner; it waits, with the reason."""
    append(session, lead, NewLeadEvent("waiting", recorded_at(now, lead), reason=reason))


def _give(session: Session, lead: Lead, candidate: Candidate | None, reason: str, now: datetime) -> int:
    at = recorded_at(now, lead)
    if candidate is None:
        append(session, lead, NewLeadEvent("waiting", at, reason=reason))
        return 0
    append(session, lead, NewLeadEvent("assigned", at, owner_id=candidate.user_id, reason=reason))
    candidate.take(at)
    return 1


def _locked(session: Session, lead_id: UUID, *, wait: bool) -> Lead | None:
    """Lock a lead that still waits."""
    query = select(Lead).where(Lead.id == lead_id, *_WAITING).with_for_update(skip_locked=not wait)
    return session.scalars(query.execution_options(populate_existing=not wait)).first()


def _rows(session: Session, org_id: UUID, *, nobody: bool, only: Sequence[UUID] | None) -> Sequence[Any]:
    columns = (Lead.id, Lead.branch_id, Branch.code, Lead.city, Lead.make, Lead.language, Lead.waiting_reason)
    query = select(*columns).outerjoin(Branch, Branch.id == Lead.branch_id).where(Lead.org_id == org_id, *_WAITING)
    if only is not None:
        query = query.where(Lead.id.in_(only))
    if nobody:  # those that were looked at before need no second look until somebody comes
        query = query.where(Lead.waiting_reason.not_in(_FOUND_NOBODY))
    return session.execute(query.order_by(Lead.created_at, Lead.id).limit(_MOST_LOOKED_AT)).all()


def _wanted(session: Session, rows: Sequence[Any]) -> Iterator[tuple[UUID, Wanted, str]]:
    asked = [row.id for row in rows if row.waiting_reason in (NO_ANSWER, REOPENED)]
    last: dict[UUID, UUID | None] = {}
    if asked:
        last = {row.lead_id: row.owner_id for row in session.execute(_LAST_OWNERS, {"ids": asked})}
    for row in rows:
        before = last.get(row.id)
        wanted = Wanted(
            row.branch_id, row.code, row.city, row.make, row.language,
            preferred=before if row.waiting_reason == REOPENED else None,
            avoided=before if row.waiting_reason == NO_ANSWER else None,
        )  # fmt: skip
        yield row.id, wanted, row.waiting_reason


def open_leads_of(session: Session, org_id: UUID, owner_id: UUID) -> Sequence[Lead]:
    """Lock the open leads of a person."""
    mine = select(Lead).where(Lead.org_id == org_id, Lead.owner_id == owner_id, Lead.state.not_in(CLOSING))
    return session.scalars(mine.order_by(Lead.id).with_for_update()).all()


def desk_before_leads(session: Session, org_id: UUID) -> Desk:
    """Take the locks that come before those of leads, in their order: the desk's, then the assignment's."""
    desk = read_desk(session, org_id)
    lock_name(session, f"lead assignment {org_id}")
    return desk
