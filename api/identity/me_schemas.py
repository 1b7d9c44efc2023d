"""A caller as it sees itself, and its sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from core.access.principal import Principal
from core.access.roles import Role
from core.identity.contacts import Contact, ContactKind
from serving.identity.members.profile import HeldRole

EXAMPLE_SESSION_ID = "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b"
_EXAMPLE: dict[str, Any] = {
    "kind": "person",
    "user_id": "019a2b3c-0000-7f60-8a9b-0c1d2e3f4a5b",
    "name": None,
    "contacts": [{"kind": "phone", "value": "+923001234567"}],
    "memberships": [{"org": "khan-motors", "org_name": "Khan Motors", "role": "org_admin", "branches": None}],
    "scopes": [],
    "session_id": EXAMPLE_SESSION_ID,
}
_SESSION: dict[str, Any] = {
    "session_id": EXAMPLE_SESSION_ID,
    "current": True,
    "user_agent": "AutomartApp/3.1 (Android 15)",
    "network": "203.0.113.0/24",
    "started_at": "2026-03-02T04:30:00Z",
    "refreshed_at": "2026-03-02T05:30:00Z",
}


class ProvenContact(BaseModel):
    """A phone number or e-mail address that is proven."""

    kind: ContactKind
    value: str


class HeldRoleRead(BaseModel):
    """A role in an organisation."""

    org: str = Field(description="The organisation's code.")
    org_name: str = Field(description="Its name.")
    role: Role = Field(description="The role that is held there.")
    branches: list[str] | None = Field(description="Codes of the branches that the role is narrowed to; null: all.")


class Me(BaseModel):
    """The caller: a person, or a service account of an organisation."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    kind: Literal["person", "service_account"]
    user_id: UUID | None = Field(description="Null for a service account.")
    name: str | None = Field(description="The service account's name.")
    contacts: list[ProvenContact] = Field(description="Proven by a code, the oldest first.")
    memberships: list[HeldRoleRead] = Field(description="Roles in organisations; buyers and private sellers need none.")
    scopes: list[str] = Field(description="Permissions of a service account.")
    session_id: UUID | None = Field(description="The session of the token.")

    @classmethod
    def of(cls, principal: Principal, roles: Sequence[HeldRole], contacts: Sequence[Contact]) -> Self:
        """Describe the caller."""
        system = principal.service_account
        return cls(
            kind="person" if system is None else "service_account",
            user_id=principal.user_id,
            name=None if system is None else system.name,
            contacts=[ProvenContact(kind=one.kind, value=one.value) for one in contacts],
            memberships=[
                HeldRoleRead(
                    org=held.org.code,
                    org_name=held.org.name,
                    role=Role(held.role),
                    branches=None if held.branches is None else list(held.branches),
                )
                for held in roles
            ],
            scopes=[] if system is None else sorted(system.scopes),
            session_id=principal.session_id,
        )


class SessionRead(BaseModel):
    """An active session of the caller."""

    session_id: UUID
    current: bool = Field(description="It is that of this request's token.")
    user_agent: str | None = Field(description="The browser or app that logged in.")
    network: str | None = Field(description="The network that the login came from.")
    started_at: datetime = Field(description="When it began, UTC.")
    refreshed_at: datetime = Field(description="When its tokens were renewed last, UTC.")


class SessionList(BaseModel):
    """The caller's sessions."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"sessions": [_SESSION]}]})

    sessions: list[SessionRead]

    @classmethod
    def of(cls, rows: Sequence[Any], principal: Principal) -> Self:
        """Describe rows of `sessions`."""
        return cls(
            sessions=[
                SessionRead(
                    session_id=row.id,
                    current=row.id == principal.session_id,
                    user_agent=row.user_agent,
                    network=row.address_class,
                    started_at=row.created_at,
                    refreshed_at=row.refreshed_at,
                )
                for row in rows
            ]
        )
