"""Find and lock a lead for a caller who may see or work it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.permissions import Permission, require_somewhere
from core.access.principal import Principal
from core.db.tables.leads import Lead
from pipelines.leads.desk import Desk, read_desk
from serving.leads.errors import LeadChangedSinceError, LeadClosedError, LeadNotFoundError
from serving.listings.management.access import may_handle


@dataclass(frozen=True)
class Opened:
    """A lead that is locked, with the desk of its organisation."""

    lead: Lead
    desk: Desk


def etag_of(lead: Lead) -> str:
    """Name a lead's present form: it changes with each of its events."""
    return f'"{lead.last_number}"'


def readable(session: Session, principal: Principal, permission: Permission, lead_id: UUID) -> Lead:
    """Return a lead that the caller may handle; for others it does not exist.

    Raises:
        ForbiddenError: the caller holds the permission nowhere.
        LeadNotFoundError: it holds it, and not for such a lead.
    """
    lead = session.get(Lead, lead_id)
    if lead is None or not may_handle(principal, permission, lead):
        refuse_lead(principal, permission, lead_id)
    return lead


def locked(
    session: Session, principal: Principal, permission: Permission, lead_id: UUID, if_match: str | None = None
) -> Opened:
    """Lock a lead that the caller may handle, after the desk: the order of all who need both.

    Raises:
        ForbiddenError, LeadNotFoundError: see `readable`.
        LeadClosedError: it was merged.
        LeadChangedSinceError: it is not as `if_match` names it.
    """
    org_id = readable(session, principal, permission, lead_id).org_id
    desk = read_desk(session, org_id)
    query = select(Lead).where(Lead.id == lead_id).with_for_update()
    lead = session.scalars(query.execution_options(populate_existing=True)).one()
    if not may_handle(principal, permission, lead):
        refuse_lead(principal, permission, lead_id)
    if lead.merged_into is not None:
        raise LeadClosedError(lead.merged_into)
    if if_match is not None and if_match.strip() not in ("*", etag_of(lead)):
        raise LeadChangedSinceError
    return Opened(lead, desk)


def refuse_lead(principal: Principal, permission: Permission, lead_id: UUID) -> NoReturn:
    """Refuse a lead that the caller may not handle; a foreign one and a missing one alike."""
    require_somewhere(principal, permission)
    raise LeadNotFoundError(lead_id)


def within(branches: Collection[UUID] | None, lead: Lead) -> bool:
    """Tell whether a lead is of these branches."""
    return branches is None or lead.branch_id in branches
