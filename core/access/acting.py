"""The organisation that a call acts for: the one that it names, or the only one that its caller has."""

from collections.abc import Collection
from uuid import UUID

from core.access.permissions import Permission, needs, require
from core.access.principal import Principal
from core.errors import ForbiddenError, InvalidInputError


class OrgRequiredError(InvalidInputError):
    """The caller belongs to several organisations and names none."""

    code = "org_required"

    def __init__(self) -> None:
        super().__init__("You belong to several organisations: say which one with `org`.")


class NotAMemberError(ForbiddenError):
    """The caller does not belong to the organisation; there may be none of that code."""

    code = "not_a_member"

    def __init__(self) -> None:
        super().__init__("You do not belong to an organisation of this code.")


class DealersOnlyError(ForbiddenError):
    """The channel is for dealers, and the caller belongs to none."""

    code = "dealers_only"

    def __init__(self) -> None:
        super().__init__("The channel autotrader is for people of dealers.")


def org_with(principal: Principal, org_code: str | None, permission: Permission) -> UUID:
    """Return the id of the organisation that the caller acts for, where it holds the permission.

    Raises:
        ForbiddenError: it has no organisation, or does not hold the permission there.
        NotAMemberError, OrgRequiredError: see `acting_org`.
    """
    org_id = acting_org(principal, org_code, nowhere=needs(permission))
    require(principal, permission, org_id=org_id)
    return org_id


def acting_org(
    principal: Principal,
    org_code: str | None,
    *,
    kinds: Collection[str] | None = None,
    nowhere: ForbiddenError | None = None,
) -> UUID:
    """Return the id of the organisation that the caller acts for, among those of its own of these kinds.

    Raises:
        ForbiddenError: `nowhere`, or NotAMemberError: the caller has no such organisation at all.
        NotAMemberError: it does not belong to the one that it names.
        OrgRequiredError: it has several and names none.
    """
    orgs = {held.org_code: held.org_id for held in principal.memberships if kinds is None or held.org_kind in kinds}
    system = principal.service_account
    if system is not None and (kinds is None or system.org_kind in kinds):
        orgs[system.org_code] = system.org_id
    if not orgs:
        raise nowhere or NotAMemberError()
    if org_code is None:
        if len(orgs) > 1:
            raise OrgRequiredError
        return next(iter(orgs.values()))
    if org_code not in orgs:
        raise NotAMemberError
    return orgs[org_code]
