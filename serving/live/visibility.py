"""Decide which events of its streams a reader may be sent."""

from uuid import UUID

from core.access.principal import Membership, Principal
from core.access.roles import Role
from serving.live.rows import Row

_WORKS_ON = {
    "lead": frozenset({Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN}),
    "deposit": frozenset({Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN}),
}
"""The roles in an organisation whose people work on such things; its cars are known to all of its people."""
_SCOPES = {"lead": "leads.read", "deposit": "deposits.read"}


def may_see(principal: Principal, row: Row, org_id: UUID | None) -> bool:
    """Tell whether the caller may be sent an event of the stream of an organisation, or of its own one.

    People narrowed to branches see leads and deposits of these, and those that are or were their own.
    """
    if row.role != "org":
        return principal.user_id is not None and row.stream_id == principal.user_id
    if org_id is None or row.stream_id != org_id:
        return False
    system = principal.service_account
    if system is not None:
        return system.org_id == org_id and (row.topic not in _SCOPES or _SCOPES[row.topic] in system.scopes)
    held = [membership for membership in principal.memberships if membership.org_id == org_id]
    return any(_sees(membership, row, principal.user_id) for membership in held)


def _sees(held: Membership, row: Row, user_id: UUID | None) -> bool:
    if row.topic not in _WORKS_ON:
        return True
    if held.role not in _WORKS_ON[row.topic]:
        return False
    own = str(user_id) in (row.payload.get("owner_id"), row.payload.get("left_owner_id"))
    return held.branch_ids is None or own or row.payload.get("branch_id") in {str(each) for each in held.branch_ids}
