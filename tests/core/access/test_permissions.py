"""Permissions are held in an organisation, over the platform, or by the person whose thing it is."""

from uuid import UUID, uuid4

import pytest

from core.access.permissions import Permission, is_allowed
from core.access.principal import Membership, Principal, ServiceIdentity
from core.access.roles import Role

KHAN, OTHER, ME = uuid4(), uuid4(), uuid4()
EDIT = Permission("listings.edit", "edit a listing", frozenset({Role.SALES_AGENT, Role.MODERATOR, Role.PRIVATE_SELLER}))


def holding(role: Role, org: UUID = KHAN) -> Principal:
    return Principal(user_id=ME, memberships=(Membership(org, "khan", role),))


@pytest.mark.parametrize(
    ("principal", "org", "owner", "allowed"),
    [
        (Principal.anonymous(), KHAN, None, False),
        (Principal.anonymous(), None, None, False),
        (holding(Role.SALES_AGENT), KHAN, None, True),
        (holding(Role.SALES_AGENT), OTHER, None, False),
        (holding(Role.SALES_AGENT), None, None, False),
        (holding(Role.ORG_ADMIN), KHAN, None, False),
        (holding(Role.MODERATOR, OTHER), KHAN, None, True),
        (holding(Role.MODERATOR, OTHER), None, None, True),
        (Principal(user_id=ME), OTHER, ME, True),
        (Principal(user_id=ME), OTHER, uuid4(), False),
        (Principal.anonymous(), OTHER, ME, False),
    ],
)
def test_permission_is_granted(principal: Principal, org: UUID | None, owner: UUID | None, allowed: bool) -> None:
    assert is_allowed(principal, EDIT, org_id=org, owner_id=owner) is allowed


def test_first_membership_does_not_hide_the_second() -> None:
    both = Principal(
        user_id=ME, memberships=(Membership(OTHER, "o", Role.SALES_AGENT), Membership(KHAN, "k", Role.SALES_AGENT))
    )
    assert is_allowed(both, EDIT, org_id=KHAN)


@pytest.mark.parametrize(
    ("scopes", "org", "allowed"),
    [({"listings.edit"}, KHAN, True), ({"listings.edit"}, OTHER, False), ({"listings.read"}, KHAN, False)],
)
def test_system_has_what_it_was_given_for_its_organisation(scopes: set[str], org: UUID, allowed: bool) -> None:
    system = Principal(service_account=ServiceIdentity("export", KHAN, "khan", frozenset(scopes)))
    assert is_allowed(system, EDIT, org_id=org) is allowed
    assert not is_allowed(system, EDIT)
