"""The actor of an act, as the audit trail names it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.access.principal import Principal


@dataclass(frozen=True)
class Actor:
    """A person, a system or nobody known. `device` and `address_class` come from the request, where there is one."""

    kind: str
    name: str
    user_id: UUID | None = None
    session_id: UUID | None = None
    device: str | None = None
    address_class: str | None = None

    @classmethod
    def system(cls, name: str) -> Actor:
        """Return the actor for a command, an asset or a loop, by its name."""
        return cls("system", name)

    @classmethod
    def of(cls, principal: Principal, *, device: str | None = None, address_class: str | None = None) -> Actor:
        """Return the actor for the caller of a request."""
        if principal.user_id is not None:
            return cls("person", str(principal.user_id), principal.user_id, principal.session_id, device, address_class)
        if principal.service_account is not None:
            return cls("system", principal.service_account.name, None, principal.session_id, device, address_class)
        return cls("anonymous", "anonymous", None, None, device, address_class)
