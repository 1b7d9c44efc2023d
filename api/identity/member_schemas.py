"""Members and invitations, as they are sent and answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.identity.contacts import GivenContact
from api.identity.login_schemas import SecretText
from api.identity.org_parameters import EXAMPLE_ID, BranchCodes
from core.access.roles import Role
from core.db.tables.people import Invitation
from core.identity.contacts import Contact, ContactKind
from serving.identity.members.grants import Grant
from serving.identity.members.invitations import branch_codes_of
from serving.identity.members.profile import MemberView

_SHOWN_END = 3
_ROLE = "The role; each may give roles below their own, administrators their own too."
_BRANCHES = "Codes of the branches that the role is narrowed to; null: all."
_MEMBER: dict[str, Any] = {
    "user_id": EXAMPLE_ID,
    "contact": "+92*******567",
    "role": "sales_agent",
    "branches": ["dha"],
    "since": "2026-03-02T04:30:00Z",
    "blocked": False,
}
_INVITATION: dict[str, Any] = {
    "invitation_id": EXAMPLE_ID,
    "kind": "phone",
    "contact": "+923001234567",
    "role": "sales_agent",
    "branches": None,
    "expires_at": "2026-03-09T04:30:00Z",
}


class MemberRead(BaseModel):
    """A member of an organisation."""

    user_id: UUID
    contact: str | None = Field(description="Their newest contact, masked.")
    role: Role = Field(description="The role that is held.")
    branches: list[str] | None = Field(description=_BRANCHES)
    since: datetime = Field(description="UTC.")
    blocked: bool = Field(description="The person is blocked on the whole platform.")

    @classmethod
    def of(cls, view: MemberView) -> Self:
        """Describe a member."""
        return cls(
            user_id=view.user.id,
            contact=None if view.contact is None else masked(view.contact),
            role=Role(view.membership.role),
            branches=None if view.branches is None else list(view.branches),
            since=view.membership.created_at,
            blocked=view.user.blocked_at is not None,
        )


class MemberList(BaseModel):
    """The members of an organisation, the longest-standing first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"members": [_MEMBER]}]})

    members: list[MemberRead]


class MemberInvite(GivenContact):
    """A person to invite, with the role that is offered."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"phone": "0300 1234567", "role": "sales_agent", "branches": ["dha"]}]},
    )

    role: Role = Field(description=_ROLE)
    branches: BranchCodes | None = Field(default=None, description=_BRANCHES)
    language: Literal["en", "ur"] | None = Field(
        default=None, description="Language of the message; null: that of the person where known, else yours."
    )

    def grant(self) -> Grant:
        """Return what is offered."""
        return Grant(self.role, None if self.branches is None else frozenset(self.branches))


class MemberChange(BaseModel):
    """The role and branches of a member; a field that is left out stays as it is."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"role": "branch_manager", "branches": ["dha"]}]}
    )

    role: Role | None = Field(default=None, description=_ROLE)
    branches: BranchCodes | None = Field(default=None, description=_BRANCHES)

    def grant(self, before: Grant) -> Grant:
        """Return what the member holds after the change."""
        named = frozenset(self.branches) if self.branches is not None else None
        return Grant(self.role or before.role, named if "branches" in self.model_fields_set else before.branch_codes)


class InvitationRead(BaseModel):
    """An invitation that can still be accepted; its token is in the message alone."""

    model_config = ConfigDict(json_schema_extra={"examples": [_INVITATION]})

    invitation_id: UUID
    kind: ContactKind
    contact: str = Field(description="Where it was sent.")
    role: Role = Field(description="The role that is offered.")
    branches: list[str] | None = Field(description=_BRANCHES)
    expires_at: datetime = Field(description="UTC.")

    @classmethod
    def of(cls, row: Invitation, contact: Contact) -> Self:
        """Describe a row of `invitations`."""
        codes = branch_codes_of(row)
        return cls(
            invitation_id=row.id,
            kind=contact.kind,
            contact=contact.value,
            role=Role(row.role),
            branches=None if codes is None else sorted(codes),
            expires_at=row.expires_at,
        )


class InvitationList(BaseModel):
    """The open invitations of an organisation, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"invitations": [_INVITATION]}]})

    invitations: list[InvitationRead]

    @classmethod
    def of(cls, rows: Sequence[tuple[Invitation, Contact]]) -> Self:
        """Describe rows of `invitations`."""
        return cls(invitations=[InvitationRead.of(row, contact) for row, contact in rows])


class InvitationAccept(BaseModel):
    """The token of an invitation."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"token": "aut_in_…"}]})

    token: SecretText = Field(description="As it stands in the message.")


class Joined(BaseModel):
    """The organisation whose member the caller is now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"org": "khan-motors", "org_name": "Khan Motors"}]})

    org: str = Field(description="The organisation's code.")
    org_name: str = Field(description="Its name.")


def masked(contact: Contact) -> str:
    """Return a contact with its middle hidden: enough to tell people apart, too little to write to them."""
    if contact.kind == "email":
        name, _, domain = contact.value.partition("@")
        return f"{name[:1]}***@{domain}"
    hidden = "*" * (len(contact.value) - 3 - _SHOWN_END)
    return contact.value[:3] + hidden + contact.value[-_SHOWN_END:]
