"""Count leads by state, and measure how fast their first messages were answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from core.access.acting import org_with
from core.access.principal import Principal
from core.db.tables.leads import Lead, LeadClock
from core.states.leads import CLOSING
from serving.leads.declarations import MEASURE_LEADS
from serving.listings.management.access import branches_of


@dataclass(frozen=True)
class ResponseTimes:
    """Answers to first messages of one person, branch or hour; minutes are working minutes, by the desk's calendar."""

    key: str | None
    answers: int
    median_minutes: float
    p90_minutes: float
    late: int


@dataclass(frozen=True)
class Summary:
    """The leads on a desk by state, and its answer times in the last days."""

    states: dict[str, int]
    overdue: int
    waiting: dict[str, int]
    by_person: list[ResponseTimes]
    by_branch: list[ResponseTimes]
    by_hour: list[ResponseTimes]


@dataclass(frozen=True)
class SummaryQuery:
    """The organisation, and the number of days back from now."""

    org: str | None = None
    days: int = 30


def summarise(session: Session, principal: Principal, query: SummaryQuery, now: datetime) -> Summary:
    """Summarise the leads of an organisation, those of the caller's branches where its role is narrowed to some.

    Raises:
        ForbiddenError, NotAMemberError, OrgRequiredError: as they say.
    """
    org_id = org_with(principal, query.org, MEASURE_LEADS)
    mine = [Lead.org_id == org_id, Lead.seller_id.is_(None)]
    branches = branches_of(principal, MEASURE_LEADS, org_id)
    if branches is not None:
        mine.append(Lead.branch_id.in_(list(branches)))
    since = now - timedelta(days=query.days)
    states = session.execute(select(Lead.state, func.count()).where(*mine).group_by(Lead.state))
    idle = select(Lead.waiting_reason, func.count()).where(*mine, Lead.owner_id.is_(None), Lead.state.not_in(CLOSING))
    late = exists().where(LeadClock.lead_id == Lead.id, LeadClock.ended_at.is_(None), LeadClock.due_at < now)
    return Summary(
        {str(state): number for state, number in states},
        session.scalar(select(func.count()).select_from(Lead).where(*mine, late)) or 0,
        {str(reason): number for reason, number in session.execute(idle.group_by(Lead.waiting_reason))},
        response_times(session, mine, LeadClock.answered_by, since),
        response_times(session, mine, Lead.branch_id, since),
        response_times(session, mine, hour_of_message(), since),
    )


def hour_of_message() -> ColumnElement[Any]:
    """Return the hour of the day at which the buyer wrote, in Pakistan."""
    return func.extract("hour", func.timezone("Asia/Karachi", LeadClock.started_at))


def response_times(
    session: Session,
    conditions: Sequence[ColumnElement[bool]],
    key: Any,  # noqa: ANN401  (columns and expressions share no type)
    since: datetime,
) -> list[ResponseTimes]:
    """Measure answered first messages since a moment, by a key."""
    minutes = LeadClock.working_seconds / 60
    query = (
        select(
            key.label("key"),
            func.count().label("answers"),
            func.percentile_cont(0.5).within_group(minutes).label("median"),
            func.percentile_cont(0.9).within_group(minutes).label("p90"),
            func.count().filter(LeadClock.late.is_(True)).label("late"),
        )
        .join(Lead, Lead.id == LeadClock.lead_id)
        .where(*conditions, LeadClock.kind == "first_answer", LeadClock.answered_at >= since)
        .where(LeadClock.working_seconds.is_not(None))
        .group_by(key)
        .order_by(key)
    )
    return [_times(row) for row in session.execute(query)]


def _times(row: Any) -> ResponseTimes:  # noqa: ANN401
    key = None if row.key is None else str(row.key if isinstance(row.key, UUID) else int(row.key))
    return ResponseTimes(key, row.answers, round(row.median, 1), round(row.p90, 1), row.late)
