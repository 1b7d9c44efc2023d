"""Acts of operators on people, by command: with the rights of the platform and an audit record of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Membership, Principal
from core.access.roles import EVERYBODYS_ROLES, Role
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables import Org
from core.db.tables.people import OrgMembership, User
from core.errors import ConflictError, InvalidInputError, NotFoundError
from core.identity.contacts import BadEmailError, BadPhoneError, Contact, email, phone
from core.identity.operators import operator_of
from core.security.platform_keys import PlatformKeys
from serving.identity.contact_book import ContactBook
from serving.identity.declarations import MANAGE_MEMBERS
from serving.identity.errors import UnknownSessionError
from serving.identity.logins.issuer import EmbeddedIssuer
from serving.identity.logins.refresh_tokens import RefreshTokens
from serving.identity.logins.sessions import Client, end_all_sessions, end_session, start_session
from serving.identity.members.grants import Grant
from serving.identity.members.members import add_member, change_member


class UnknownPersonError(NotFoundError):
    """Nobody has this id, phone number or e-mail address."""

    code = "unknown_person"

    def __init__(self) -> None:
        super().__init__(
            "Nobody has this id, phone number or e-mail address: add one with `automart identity add-user`."
        )


class ContactTakenError(ConflictError):
    """A contact belongs to another person."""

    code = "contact_taken"

    def __init__(self) -> None:
        super().__init__("The phone number and the e-mail address belong to two persons already.")


class NoContactError(InvalidInputError):
    """Neither a phone number nor an e-mail address is given."""

    code = "no_contact"

    def __init__(self) -> None:
        super().__init__("Give a phone number, an e-mail address or both: they are how a person logs in.")


class NeedlessGrantError(InvalidInputError):
    """The role is everybody's."""

    code = "needless_grant"

    def __init__(self, role: Role) -> None:
        super().__init__(f"Every person is a {role} already; this role is not held in an organisation.")


@dataclass(frozen=True)
class DevelopmentToken:
    """An access token with the refresh token of its session."""

    user_id: UUID
    session_id: UUID
    access_token: str
    refresh_token: str

    def __repr__(self) -> str:
        """Return the ids alone: tokens never reach a log."""
        return f"DevelopmentToken(user {self.user_id}, session {self.session_id})"


class Operators:
    """The acts of one operator; `by` names the person at the keyboard in the audit trail."""

    def __init__(self, session: Session, keys: PlatformKeys, by: str) -> None:
        self._session = session
        self._keys = keys
        self._name = f"automart identity by {by}"
        self._actor = Actor.system(self._name)
        self._book = ContactBook(session, keys)

    def add_person(self, contacts: Sequence[Contact], now: datetime) -> UUID:
        """Return the person that has these contacts, made now where there is none; contacts count as proven.

        Raises:
            NoContactError, ContactTakenError: as they say.
        """
        if not contacts:
            raise NoContactError
        owners = {owner.id for owner in map(self._book.owner, contacts) if owner is not None}
        if len(owners) > 1:
            raise ContactTakenError
        person_id = owners.pop() if owners else self._book.owner_or_new(contacts[0], now).id
        for contact in contacts:
            self._book.add(person_id, contact, now)
        record(self._session, self._actor, Act("identity.add_person", "user", str(person_id)))
        return person_id

    def find_person(self, named: str) -> UUID:
        """Return the person of an id, a phone number in any spelling, or an e-mail address.

        Raises:
            UnknownPersonError: there is none.
        """
        try:
            person = self._session.get(User, UUID(named))
        except ValueError:
            person = self._owner(named)
        if person is None:
            raise UnknownPersonError
        return person.id

    def grant(self, user_id: UUID, org: Org, grant: Grant) -> bool:
        """Give a person a role in an organisation, in place of the one held there; tell whether it is new there.

        Raises:
            NeedlessGrantError, BadRoleError, LastAdminError: as they say. InvalidInputError: an unknown branch.
        """
        if grant.role in EVERYBODYS_ROLES:
            raise NeedlessGrantError(grant.role)
        held = select(OrgMembership.id).where(OrgMembership.org_id == org.id, OrgMembership.user_id == user_id)
        if self._session.scalar(held) is not None:
            change_member(self._session, self._principal(org), org, user_id, lambda _: grant)
            return False
        add_member(self._session, org, user_id, grant)
        act = Act("members.add", "user", str(user_id), org.id, None, {"role": grant.role})
        record(self._session, self._actor, act)
        return True

    def development_token(self, user_id: UUID, now: datetime) -> DevelopmentToken:
        """Start a session of a person without a code, and return its tokens. For development."""
        client = Client(user_agent="automart identity token")
        started = start_session(self._session, RefreshTokens(self._keys.index), user_id, client, now)
        if started.session_id is None or started.token is None:
            raise RuntimeError("a session that was started has an id and a token")
        record(self._session, self._actor, Act("identity.issue_token", "user", str(user_id)))
        access = EmbeddedIssuer(self._keys).access_token(user_id, started.session_id, now)
        return DevelopmentToken(user_id, started.session_id, access, started.token)

    def revoke(self, user_id: UUID, session_id: UUID | None, now: datetime) -> int:
        """End one session of a person, or all of them; return their number. It holds from the next request on.

        Raises:
            UnknownSessionError: the person has no such session that goes on.
        """
        if session_id is None:
            ended = end_all_sessions(self._session, user_id, now, "revoked")
        elif end_session(self._session, user_id, session_id, now, "revoked"):
            ended = 1
        else:
            raise UnknownSessionError(
                "The person has no session of this id that goes on; see `automart identity sessions`."
            )
        record(self._session, self._actor, Act("sessions.revoke", "user", str(user_id), after={"ended": ended}))
        return ended

    def _owner(self, named: str) -> User | None:
        try:
            return self._book.owner(email(named) if "@" in named else phone(named))
        except (BadEmailError, BadPhoneError):
            raise UnknownPersonError from None

    def _principal(self, org: Org) -> Principal:
        """Return a caller with the rights of the platform in one organisation, under the operator's name."""
        role = Membership(org.id, org.code, Role.PLATFORM_ADMIN, None, org.kind)
        return replace(operator_of(org, self._name, MANAGE_MEMBERS), memberships=(role,))
