"""Name the person, system or unknown caller that an audit record is about."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.access.principal import Principal
from core.audit.origin import current_origin


@dataclass(frozen=True)
class Actor:
    """A person, a system, or an unknown caller.

    `device` and `address_class` come from the request, where there is one. `orgs` are the organisations that the actor
    belongs to; `org_for` chooses the one that a record names.
    """

    kind: str
    name: str
    user_id: UUID | None = None
    session_id: UUID | None = None
    device: str | None = None
    address_class: str | None = None
    orgs: tuple[UUID, ...] = ()

    @classmethod
    def system(cls, name: str) -> Actor:
        """Return the actor for a command, an asset or a loop, by its name."""
        origin = current_origin()
        return cls("system", name) if origin is None else cls("system", name, address_class=origin.address_class)

    @classmethod
    def person(cls, user_id: UUID, session_id: UUID | None = None) -> Actor:
        """Return the actor for a person whose identity was just proven, as at a login, before there is a principal."""
        return cls.of(Principal(user_id=user_id, session_id=session_id))

    @classmethod
    def of(cls, principal: Principal, *, device: str | None = None, address_class: str | None = None) -> Actor:
        """Return the actor for the caller of a request; by default with the client of the present request."""
        origin = current_origin()
        if origin is not None:
            device, address_class = device or origin.device, address_class or origin.address_class
        system, session_id = principal.service_account, principal.session_id
        if principal.user_id is not None:
            orgs = tuple(held.org_id for held in principal.memberships)
            return cls("person", str(principal.user_id), principal.user_id, session_id, device, address_class, orgs)
        if system is not None:
            return cls("system", system.name, None, session_id, device, address_class, (system.org_id,))
        return cls("anonymous", "anonymous", None, None, device, address_class)

    def org_for(self, owner_id: UUID | None) -> UUID | None:
        """Return the organisation that a record names: the owner of the thing acted on, else the actor's only one."""
        if owner_id in self.orgs:
            return owner_id
        return self.orgs[0] if len(self.orgs) == 1 else None
