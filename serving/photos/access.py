"""Find the listing whose photos or documents a caller may handle."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.access.permissions import Permission
from core.access.principal import Principal
from pipelines.photos.repository import PhotoOwner, photo_owner
from serving.listings.management.access import may_handle, refuse


def find_owned(session: Session, principal: Principal, listing_id: UUID, permission: Permission) -> PhotoOwner:
    """Return the listing, where the caller holds the permission for it.

    Raises:
        ForbiddenError, ListingNotFoundError: see `serving.listings.management.access.refuse`.
    """
    owner = photo_owner(session, listing_id)
    if owner is None or not may_handle(principal, permission, owner):
        refuse(principal, permission, listing_id)
    return owner
