"""The poster of a listing: looked up with the caller, and so anew for a repeated request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import Depends

from api.deps import CallerDep, OrgCode, PendingPrincipal
from core.access.permissions import Permission
from core.access.principal import Principal
from core.db.session import Session
from serving.listings.declarations import MANAGE_LISTINGS
from serving.listings.management.access import org_to_post_for, owned_listing
from serving.listings.management.manager import Manager
from serving.listings.management.posting import Poster


@dataclass(frozen=True)
class PendingPoster(PendingPrincipal):
    """The poster, not looked up yet."""

    org: str | None = None

    def known(self, principal: Principal) -> Principal:
        """Return the poster; a person that names no organisation posts a private ad."""
        org_id = None if self.org is None else org_to_post_for(principal, self.org, MANAGE_LISTINGS)
        return cast("Principal", Poster(Manager.of(principal, self.caller.state.identity.keys), org_id))


@dataclass(frozen=True)
class PendingManager(PendingPrincipal):
    """The caller who manages listings, not looked up yet."""

    def known(self, principal: Principal) -> Principal:
        """Return the caller, with the keys of its listings."""
        return cast("Principal", Manager.of(principal, self.caller.state.identity.keys))


async def manager(known: CallerDep) -> PendingManager:
    """Make the endpoint's parameter for the caller who manages listings."""
    return PendingManager(known)


async def poster(known: CallerDep, org: OrgCode = None) -> PendingPoster:
    """Make the endpoint's parameter for the poster."""
    return PendingPoster(known, org)


def still_mine(permission: Permission) -> Callable[[Session, Principal, Mapping[str, Any]], None]:
    """Make the check that a caller who repeats a request still holds the permission for the listing of the path."""

    def check(session: Session, principal: Principal, values: Mapping[str, Any]) -> None:
        owned_listing(session, principal, permission, values["listing_id"])

    return check


ManagerDep = Annotated[Manager, Depends(manager)]
PosterDep = Annotated[Poster, Depends(poster)]
