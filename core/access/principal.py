"""The caller of an operation: a person, a system or nobody, with the roles that it holds."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.access.roles import PLATFORM_ROLES, Role


@dataclass(frozen=True)
class Membership:
    """A role in an organisation, narrowed to some branches where `branch_ids` is given."""

    org_id: UUID
    org_code: str
    role: Role
    branch_ids: frozenset[UUID] | None = None
    org_kind: str = "dealer"


@dataclass(frozen=True)
class ServiceIdentity:
    """A system that acts for one organisation; `scopes` are the names of the permissions that it was given."""

    name: str
    org_id: UUID
    org_code: str
    scopes: frozenset[str]
    org_kind: str = "dealer"
    id: UUID | None = None  # None: an operator's command, which is no account


@dataclass(frozen=True)
class Principal:
    """The caller. `user_id` is None for anonymous callers and for systems; `session_id` names the login."""

    user_id: UUID | None = None
    memberships: tuple[Membership, ...] = ()
    session_id: UUID | None = None
    service_account: ServiceIdentity | None = None

    @classmethod
    def anonymous(cls) -> Principal:
        """Return the caller that has not logged in."""
        return cls()

    @property
    def acting_id(self) -> UUID | None:
        """The id of the person or of the service account; None for an anonymous caller."""
        return self.service_account.id if self.service_account is not None else self.user_id

    @property
    def org_ids(self) -> frozenset[UUID]:
        """The organisations that the caller belongs to, or acts for as a system."""
        return frozenset(each.org_id for each in self._held)

    @property
    def org_kinds(self) -> frozenset[str]:
        """The kinds of these organisations."""
        return frozenset(each.org_kind for each in self._held)

    @property
    def is_staff(self) -> bool:
        """Whether a role of the platform is held, which reaches into every organisation."""
        return any(held.role in PLATFORM_ROLES for held in self.memberships)

    @property
    def _held(self) -> tuple[Membership | ServiceIdentity, ...]:
        return self.memberships if self.service_account is None else (*self.memberships, self.service_account)

    @property
    def is_anonymous(self) -> bool:
        """Whether neither a person nor a system is known."""
        return self.user_id is None and self.service_account is None
