"""Decide where a listing that people write belongs, and who sees it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.db.tables import Branch, Org
from core.vocabulary import Channel, Visibility
from serving.listings.declarations import MANAGE_LISTINGS
from serving.listings.errors import NotShownThereError, UnknownBranchError
from serving.listings.management.access import branches_of


def with_shown(fields: Mapping[str, Any], *, is_private: bool) -> dict[str, Any]:
    """Add who sees the car, where it is not said: everybody, on every product that the car may be on."""
    visibility = fields.get("visibility") or Visibility.PUBLIC
    if is_private:
        channels = [Channel.AUTOMART]
    elif visibility == Visibility.WHOLESALE_PUBLIC:
        channels = [Channel.AUTOTRADER]
    else:
        channels = list(Channel)
    return dict(fields) | {"visibility": visibility, "channels": fields.get("channels") or channels}


def check_shown(visibility: str, channels: list[str], *, is_private: bool) -> None:
    """Refuse channels that the visibility, or a private ad, does not go with.

    Raises:
        NotShownThereError: always in that case.
    """
    wholesale = visibility == Visibility.WHOLESALE_PUBLIC
    if is_private and (wholesale or channels != [Channel.AUTOMART]):
        raise NotShownThereError
    if wholesale and channels != [Channel.AUTOTRADER]:
        raise NotShownThereError


def branch_for(session: Session, principal: Principal, org_id: UUID, code: str | None) -> UUID | None:
    """Return the branch of a code, within the branches that the caller's role reaches."""
    reach = branches_of(principal, MANAGE_LISTINGS, org_id)
    if code is None:
        if reach is not None and len(reach) != 1:
            raise UnknownBranchError
        return None if reach is None else next(iter(reach))
    found = session.scalar(select(Branch.id).where(Branch.org_id == org_id, Branch.code == code))
    if found is None or (reach is not None and found not in reach):
        raise UnknownBranchError
    return found


def marketplace_id(session: Session) -> UUID:
    """Return the organisation to which private sellers' ads belong; the first migration makes it."""
    return session.scalars(select(Org.id).where(Org.kind == "marketplace").order_by(Org.created_at).limit(1)).one()
