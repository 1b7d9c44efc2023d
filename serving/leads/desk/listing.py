"""List leads: of the caller's desk, on the caller's private ads, or the caller's own as a buyer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, literal, literal_column, select, tuple_
from sqlalchemy.orm import Session

from core.access.acting import acting_org
from core.access.permissions import is_allowed, require
from core.access.principal import Principal
from core.db.tables.leads import Lead, LeadClock
from core.db.tables.people import UserContact
from core.errors import ForbiddenError
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.states.leads import LeadState
from serving.leads.declarations import READ_LEADS
from serving.leads.views import LeadView, load_keys, name_of
from serving.listings.management.access import branches_of

Side = Literal["org", "seller", "buyer"]
Sort = Literal["newest", "score"]
_NO_STATE: Final = "none"
_SCORE: Final = func.coalesce(Lead.score, literal_column("-1"))  # as the index has it


@dataclass(frozen=True)
class LeadQuery:
    """The filters of a list of leads, after the last one of the page before."""

    side: Side | None = None
    org: str | None = None
    states: Sequence[str] = ()
    sources: Sequence[str] = ()
    owner: UUID | Literal["me", "none"] | None = None
    overdue: bool | None = None
    min_score: float | None = None
    sort: Sort = "newest"
    after: UUID | None = None
    limit: int = 50


@dataclass(frozen=True)
class LeadPage:
    """Leads, and where the next page begins."""

    items: list[LeadView]
    next_cursor: UUID | None


def list_leads(session: Session, keys: PlatformKeys, principal: Principal, query: LeadQuery, now: datetime) -> LeadPage:
    """Read a page of leads.

    Raises:
        ForbiddenError, NotAMemberError, OrgRequiredError: the caller names an organisation that is not its own.
    """
    conditions = _reach(principal, query)
    if conditions is None:
        return LeadPage([], None)
    for_buyer = _side(principal, query) == "buyer"
    if for_buyer:
        query = _as_shown(query)
    conditions += _filters(principal, query, now)
    found = select(Lead).where(*conditions, *_after(query)).order_by(*_order(query)).limit(query.limit + 1)
    rows = session.scalars(found).all()
    page = rows[: query.limit]
    views = views_of(session, keys, page, now, for_buyer=for_buyer)
    return LeadPage(views, page[-1].id if len(rows) > query.limit else None)


def leads_of(session: Session, principal: Principal, query: LeadQuery, now: datetime, org_id: UUID) -> Sequence[Lead]:
    """Return the leads of an organisation that match, the newest first."""
    conditions = [*org_conditions(principal, org_id), *_filters(principal, query, now)]
    return session.scalars(select(Lead).where(*conditions).order_by(Lead.id.desc()).limit(query.limit)).all()


def views_of(
    session: Session, keys: PlatformKeys, leads: Sequence[Lead], now: datetime, *, for_buyer: bool = False
) -> list[LeadView]:
    """Make the views of leads: names opened, and the first clock that runs out."""
    sealer = Sealer(session, keys)
    load_keys(sealer, leads)
    first = select(LeadClock.lead_id, func.min(LeadClock.due_at).label("due")).where(
        LeadClock.lead_id.in_([lead.id for lead in leads]), LeadClock.ended_at.is_(None)
    )
    due = {row.lead_id: row.due for row in session.execute(first.group_by(LeadClock.lead_id))}
    return [
        LeadView(lead, name_of(sealer, lead), at := due.get(lead.id), at is not None and at < now, for_buyer)
        for lead in leads
    ]


def org_conditions(principal: Principal, org_id: UUID) -> list[ColumnElement[bool]]:
    """Match the leads of an organisation that the caller's role reaches."""
    require(principal, READ_LEADS, org_id=org_id)
    branches = branches_of(principal, READ_LEADS, org_id)
    conditions: list[ColumnElement[bool]] = [Lead.org_id == org_id, Lead.seller_id.is_(None)]
    if branches is not None:
        conditions.append(Lead.branch_id.in_(list(branches)))
    return conditions


def _side(principal: Principal, query: LeadQuery) -> Side:
    return query.side or ("org" if query.org is not None or _works(principal) else "buyer")


def _as_shown(query: LeadQuery) -> LeadQuery:
    """Return what a buyer may filter by: not the desk's work, and what was taken for spam is new to its buyer."""
    named = [state for state in query.states if state != LeadState.SPAM]
    states = [*named, LeadState.SPAM] if LeadState.NEW in named else named
    nothing = (_NO_STATE,) if query.states and not states else states
    return replace(query, states=nothing, owner=None, overdue=None, min_score=None, sort="newest")


def _order(query: LeadQuery) -> list[ColumnElement[Any]]:
    return [Lead.id.desc()] if query.sort == "newest" else [_SCORE.desc(), Lead.id.desc()]


def _after(query: LeadQuery) -> list[ColumnElement[bool]]:
    """Match what comes after the last lead of the page before, in the order of the list."""
    if query.after is None:
        return []
    if query.sort == "newest":
        return [Lead.id < query.after]
    last = select(_SCORE).where(Lead.id == query.after).correlate(None).scalar_subquery()
    return [tuple_(_SCORE, Lead.id) < tuple_(last, literal(query.after))]


def _reach(principal: Principal, query: LeadQuery) -> list[ColumnElement[bool]] | None:
    side = _side(principal, query)
    if side == "org":
        return org_conditions(principal, acting_org(principal, query.org, nowhere=ForbiddenError("You have no desk.")))
    if principal.user_id is None:
        return None
    if side == "seller":
        return [Lead.seller_id == principal.user_id]
    own = select(UserContact.blind_index).where(UserContact.user_id == principal.user_id)
    return [Lead.blind_index.in_(own)]


def _works(principal: Principal) -> bool:
    return any(is_allowed(principal, READ_LEADS, org_id=org_id) for org_id in principal.org_ids)


def _filters(principal: Principal, query: LeadQuery, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.states:
        found.append(Lead.state.in_(list(query.states)))
    if query.sources:
        found.append(Lead.source.in_(list(query.sources)))
    if query.owner == "none":
        found.append(Lead.owner_id.is_(None))
    elif query.owner is not None:
        found.append(Lead.owner_id == (principal.user_id if query.owner == "me" else query.owner))
    if query.min_score is not None:
        found.append(Lead.score >= query.min_score)
    if query.overdue is not None:
        late = exists().where(LeadClock.lead_id == Lead.id, LeadClock.ended_at.is_(None), LeadClock.due_at < now)
        found.append(late if query.overdue else ~late)
    return found
