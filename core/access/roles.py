"""The roles that a person or a system can hold in an organisation."""

from enum import StrEnum


class Role(StrEnum):
    """A role is held in one organisation; endpoints ask for permissions, never for roles."""

    BUYER = "buyer"  # every logged-in person; needs no membership
    PRIVATE_SELLER = "private_seller"  # a person with an ad of their own; needs no membership
    SALES_AGENT = "sales_agent"
    BRANCH_MANAGER = "branch_manager"
    ORG_ADMIN = "org_admin"
    MODERATOR = "moderator"  # of the platform's organisation, as the three below
    FINANCE = "finance"
    ANALYST = "analyst"
    PLATFORM_ADMIN = "platform_admin"


PLATFORM_ROLES = frozenset({Role.MODERATOR, Role.FINANCE, Role.ANALYST, Role.PLATFORM_ADMIN})
"""Roles of our own staff: held in the platform's organisation, they reach into every other one."""
EVERYBODYS_ROLES = frozenset({Role.BUYER, Role.PRIVATE_SELLER})
"""Roles that every logged-in person has, for what belongs to that person alone."""
