"""Decide who may manage a listing: its organisation's people, within their branches, and the seller of a private ad."""

from collections.abc import Collection
from dataclasses import replace
from typing import NoReturn, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.acting import acting_org
from core.access.permissions import Permission, is_allowed, require, require_somewhere
from core.access.principal import Membership, Principal
from core.db.tables import Listing
from pipelines.listings.single_writes import SingleListingRepository
from serving.listings.errors import ListingNotFoundError


class Owned(Protocol):
    """A listing as far as its owner goes."""

    @property
    def org_id(self) -> UUID:
        """The organisation that it belongs to."""

    @property
    def branch_id(self) -> UUID | None:
        """The branch of the listing."""

    @property
    def seller_id(self) -> UUID | None:
        """The private seller."""


def may_handle(principal: Principal, permission: Permission, owned: Owned) -> bool:
    """Tell whether the caller holds the permission for this listing."""
    held = _within_branch(principal, owned.branch_id)
    return is_allowed(held, permission, org_id=owned.org_id, owner_id=owned.seller_id)


def is_owner(principal: Principal, owned: Owned) -> bool:
    """Tell whether the caller is of the listing's organisation, or its private seller; staff are not."""
    return owned.org_id in principal.org_ids or (owned.seller_id is not None and owned.seller_id == principal.user_id)


def may_know_chassis(principal: Principal, owned: Owned) -> bool:
    """Tell whether the caller may read the chassis number: of a private ad its seller alone; operators never."""
    if principal.service_account is not None and principal.service_account.id is None:
        return False
    if owned.seller_id is not None:
        return owned.seller_id == principal.user_id
    return owned.org_id in principal.org_ids


def refuse(principal: Principal, permission: Permission, listing_id: UUID) -> NoReturn:
    """Refuse a listing that the caller may not manage; a foreign one and one that does not exist are refused alike.

    Raises:
        ForbiddenError: the caller holds the permission nowhere.
        ListingNotFoundError: it holds the permission, and not for such a listing.
    """
    require_somewhere(principal, permission)
    raise ListingNotFoundError(listing_id)


def locked_listing(
    listings: SingleListingRepository, principal: Principal, permission: Permission, listing_id: UUID
) -> Listing:
    """Lock the listing, where the caller holds the permission for it.

    Raises:
        ForbiddenError, ListingNotFoundError: see `refuse`.
    """
    listing = listings.lock(listing_id)
    if listing is None or not may_handle(principal, permission, listing):
        refuse(principal, permission, listing_id)
    return listing


def owned_listing(session: Session, principal: Principal, permission: Permission, listing_id: UUID) -> Listing:
    """Return a listing for which the caller holds the permission.

    Raises:
        ForbiddenError, ListingNotFoundError: see `refuse`.
    """
    listing = session.scalars(select(Listing).where(Listing.id == listing_id)).one_or_none()
    if listing is None or not may_handle(principal, permission, listing):
        refuse(principal, permission, listing_id)
    return listing


def org_to_post_for(principal: Principal, org_code: str, permission: Permission) -> UUID:
    """Return the organisation that the caller names, where it holds the permission.

    Raises:
        NotAMemberError, ForbiddenError: as they say.
    """
    org_id = acting_org(principal, org_code)
    require(principal, permission, org_id=org_id)
    return org_id


def branches_of(principal: Principal, permission: Permission, org_id: UUID) -> Collection[UUID] | None:
    """Return the branches to which the caller's permission in an organisation is narrowed; None: to none."""
    if is_allowed(replace(principal, memberships=_whole(principal)), permission, org_id=org_id):
        return None
    mine = [held for held in principal.memberships if held.org_id == org_id and held.role in permission.roles]
    return {branch for held in mine for branch in held.branch_ids or ()}


def _whole(principal: Principal) -> tuple[Membership, ...]:
    return tuple(held for held in principal.memberships if held.branch_ids is None)


def _within_branch(principal: Principal, branch_id: UUID | None) -> Principal:
    reaching = (held for held in principal.memberships if held.branch_ids is None or branch_id in held.branch_ids)
    return replace(principal, memberships=tuple(reaching))
