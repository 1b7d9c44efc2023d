"""Find the listing whose photos or documents a caller may handle.

A listing belongs to its organisation; a membership that is narrowed to branches reaches the cars of these branches.
Cars of private sellers will name their seller: the permissions carry that role already, for what is the person's own.
"""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.permissions import Permission, is_allowed, require
from core.access.principal import Principal
from pipelines.photos.repository import PhotoOwner, photo_owner
from serving.listings.errors import ListingNotFoundError


def may_handle(principal: Principal, permission: Permission, owner: PhotoOwner) -> bool:
    """Tell whether the caller holds the permission for this listing."""
    reaching = tuple(
        held for held in principal.memberships if held.branch_ids is None or owner.branch_id in held.branch_ids
    )
    return is_allowed(replace(principal, memberships=reaching), permission, org_id=owner.org_id)


def find_owned(session: Session, principal: Principal, listing_id: UUID, permission: Permission) -> PhotoOwner:
    """Return the listing, where the caller holds the permission for it.

    A listing that is foreign and one that does not exist are refused alike.

    Raises:
        ForbiddenError: the caller holds the permission nowhere.
        ListingNotFoundError: it holds the permission, and not for such a listing.
    """
    owner = photo_owner(session, listing_id)
    if owner is not None and may_handle(principal, permission, owner):
        return owner
    if not any(held.role in permission.roles for held in principal.memberships):
        require(replace(principal, memberships=()), permission)
    raise ListingNotFoundError(listing_id)
