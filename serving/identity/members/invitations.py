"""Invite a person to an organisation by phone or e-mail; the token in the message makes the membership, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from core.access.permissions import require
from core.access.principal import Principal
from core.access.roles import Role
from core.access.tenant import Step, platform_step
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.ids import new_id
from core.db.tables import Org
from core.db.tables.people import Invitation
from core.errors import NotFoundError
from core.identity.contacts import Contact
from core.identity.sealed_contacts import INVITED_CONTACT, contact_index, open_contact
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.security.tokens import new_token, token_digest
from serving.identity.declarations import MANAGE_MEMBERS, READ_MEMBERS
from serving.identity.logins.account import require_person
from serving.identity.members.grants import Grant, RoleAboveOwnError, check_grant, check_role, find_branches
from serving.identity.members.members import add_member

LIFETIME: Final = timedelta(days=7)
PREFIX: Final = "aut_in_"


class InvalidInvitationError(NotFoundError):
    """The invitation does not exist, was used or revoked, or has expired."""

    code = "invalid_invitation"

    def __init__(self) -> None:
        super().__init__("This invitation was used or revoked, or has expired: ask for a new one.")


@dataclass(frozen=True)
class Invited:
    """A new invitation, with the token for the message alone."""

    id: UUID
    token: str
    expires_at: datetime

    def __repr__(self) -> str:
        """Return the id alone: the token never reaches a log."""
        return f"Invited({self.id})"


class Invitations:
    """Invitations of organisations."""

    def __init__(self, session: Session, keys: PlatformKeys) -> None:
        self._session = session
        self._keys = keys
        self._sealer = Sealer(session, keys)

    def invite(self, principal: Principal, org: Org, contact: Contact, grant: Grant, now: datetime) -> Invited:
        """Invite a contact to a role that the caller may give; an open invitation of the same contact is replaced.

        Raises:
            RoleAboveOwnError, BadRoleError: as they say. InvalidInputError: an unknown branch.
        """
        require(principal, MANAGE_MEMBERS, org_id=org.id)
        check_role(org, grant.role)
        check_grant(principal, org, grant.role, find_branches(self._session, org, grant.branch_codes))
        index = contact_index(self._keys, contact)
        self._revoke_open(principal, org, now, Invitation.blind_index == index)
        token = new_token(PREFIX)
        row = Invitation(
            id=new_id(),
            org_id=org.id,
            role=grant.role,
            branch_codes=None if grant.branch_codes is None else "\n".join(sorted(grant.branch_codes)),
            kind=contact.kind,
            blind_index=index,
            token_digest=token_digest(token),
            invited_by=principal.user_id,
            expires_at=now + LIFETIME,
        )
        row.sealed = INVITED_CONTACT.seal(self._sealer, row, contact.value)
        self._session.add(row)
        self._session.flush()
        act = Act("members.invite", "invitation", str(row.id), org.id, None, grant.facts())
        record(self._session, Actor.of(principal), act)
        return Invited(row.id, token, row.expires_at)

    def accept(self, principal: Principal, token: str, now: datetime) -> Org:
        """Make the caller a member, and return the organisation.

        Raises:
            LoginNeededError, PeopleOnlyError, InvalidInvitationError, AlreadyMemberError: as they say.
        """
        user_id = require_person(principal)
        with platform_step(self._session, Step.INVITATION):
            return self._accept(principal, user_id, token, now)

    def _accept(self, principal: Principal, user_id: UUID, token: str, now: datetime) -> Org:
        found = select(Invitation).where(Invitation.token_digest == token_digest(token)).with_for_update()
        row = self._session.scalars(found).first()
        if row is None or row.accepted_at is not None or row.revoked_at is not None or row.expires_at <= now:
            raise InvalidInvitationError
        org = self._session.get_one(Org, row.org_id)
        grant = Grant(check_role(org, row.role), branch_codes_of(row))
        add_member(self._session, org, user_id, grant, granted_by=row.invited_by)
        row.accepted_at, row.accepted_by = now, user_id
        self._session.flush()
        act = Act("members.join", "user", str(user_id), org.id, None, {"role": row.role})
        record(self._session, Actor.of(principal), act)
        return org

    def open_ones(self, principal: Principal, org: Org, now: datetime) -> list[tuple[Invitation, Contact]]:
        """Return the invitations that can still be accepted, with their contacts, the newest first."""
        require(principal, READ_MEMBERS, org_id=org.id)
        rows = self._session.scalars(
            select(Invitation)
            .where(
                Invitation.org_id == org.id,
                Invitation.accepted_at.is_(None),
                Invitation.revoked_at.is_(None),
                Invitation.expires_at > now,
            )
            .order_by(Invitation.id.desc())
        ).all()
        self._sealer.load(row.sealed for row in rows)
        opened = [(row, open_contact(self._sealer, INVITED_CONTACT, row)) for row in rows]
        if opened:
            shown = {"invitations": [str(row.id) for row, _ in opened]}
            act = Act("invitations.read_contacts", "org", str(org.id), org.id, after=shown)
            record(self._session, Actor.of(principal), act)
        return opened

    def revoke(self, principal: Principal, org: Org, invitation_id: UUID, now: datetime) -> None:
        """Revoke an open invitation to a role that the caller may give.

        Raises:
            InvalidInvitationError: the organisation has no such open invitation of this id.
        """
        require(principal, MANAGE_MEMBERS, org_id=org.id)
        if not self._revoke_open(principal, org, now, Invitation.id == invitation_id):
            raise InvalidInvitationError
        record(self._session, Actor.of(principal), Act("members.uninvite", "invitation", str(invitation_id), org.id))

    def _revoke_open(self, principal: Principal, org: Org, now: datetime, which: ColumnElement[bool]) -> int:
        """Revoke open invitations as far as the caller may give their roles; return their number."""
        still_open = (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
        found = select(Invitation).where(Invitation.org_id == org.id, which, *still_open).with_for_update()
        revoked = [row for row in self._session.scalars(found) if self._may_give(principal, org, row)]
        for row in revoked:
            row.revoked_at = now
        self._session.flush()
        return len(revoked)

    def _may_give(self, principal: Principal, org: Org, row: Invitation) -> bool:
        try:
            check_grant(principal, org, Role(row.role), find_branches(self._session, org, branch_codes_of(row)))
        except RoleAboveOwnError:
            return False
        return True


def get_invitation(session: Session, invitation_id: UUID) -> Invitation:
    """Return an invitation that exists."""
    return session.get_one(Invitation, invitation_id)


def branch_codes_of(row: Invitation) -> frozenset[str] | None:
    """Return the codes of the branches that an invitation is narrowed to; None: all."""
    return None if row.branch_codes is None else frozenset(row.branch_codes.split("\n"))
