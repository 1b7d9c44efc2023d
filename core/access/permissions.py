"""Permissions that operations ask for. Each domain declares its own (`core.declarations`)."""

from dataclasses import dataclass, replace
from uuid import UUID

from core.access.principal import Principal
from core.access.roles import EVERYBODYS_ROLES, PLATFORM_ROLES, Role
from core.errors import ForbiddenError


@dataclass(frozen=True)
class Permission:
    """The right to do one kind of thing, and the roles that carry it.

    `name` is `<domain>.<verb>`; `allows` completes the sentence "With it one may …" for the table that people read.
    With `whole_org` only memberships that are not narrowed to branches carry it: it reaches beyond any branch.
    """

    name: str
    allows: str
    roles: frozenset[Role]
    whole_org: bool = False


def is_allowed(
    principal: Principal, permission: Permission, *, org_id: UUID | None = None, owner_id: UUID | None = None
) -> bool:
    """Tell whether the caller may do this to a thing of organisation `org_id` or of person `owner_id`.

    Systems have the permissions that they were given, for their organisation. Roles of an organisation count for its
    own things, roles of the platform for all things, the roles that everybody has for things of that person. With
    neither `org_id` nor `owner_id` only platform roles count.
    """
    if principal.service_account is not None:
        return org_id == principal.service_account.org_id and permission.name in principal.service_account.scopes
    for membership in principal.memberships:
        if permission.whole_org and membership.branch_ids is not None:
            continue
        reaches = membership.role in PLATFORM_ROLES or (org_id is not None and membership.org_id == org_id)
        if reaches and membership.role in permission.roles:
            return True
    owns = owner_id is not None and principal.user_id == owner_id
    return owns and not permission.roles.isdisjoint(EVERYBODYS_ROLES)


def require(
    principal: Principal, permission: Permission, *, org_id: UUID | None = None, owner_id: UUID | None = None
) -> None:
    """Refuse callers that may not do this; see `is_allowed`.

    Raises:
        ForbiddenError: code `forbidden`; also for anonymous callers, so that the answer does not tell whether the
            thing exists.
    """
    if not is_allowed(principal, permission, org_id=org_id, owner_id=owner_id):
        raise needs(permission)


def require_somewhere(principal: Principal, permission: Permission) -> None:
    """Refuse callers none of whose roles carries the permission, wherever they hold them.

    For things that are foreign or missing: whoever holds the permission is told of both alike.

    Raises:
        ForbiddenError: see `require`.
    """
    if not any(held.role in permission.roles for held in principal.memberships):
        require(replace(principal, memberships=()), permission)


def needs(permission: Permission) -> ForbiddenError:
    """Make the refusal of a caller that does not hold the permission."""
    return ForbiddenError(f"This needs the permission {permission.name!r}.")
