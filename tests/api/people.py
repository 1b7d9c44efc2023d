"""People with roles and logins, and the codes that they are sent, for tests of the API."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Org
from core.db.tables.messages import Message
from core.db.tables.people import User
from core.identity.contacts import Contact
from core.identity.orgs import BranchSpec, ensure_branches, ensure_org
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys, open_keys
from core.settings import Settings
from pipelines.notifications.queue import opened_recipient, opened_values
from serving.identity.contact_book import ContactBook
from serving.identity.logins.issuer import EmbeddedIssuer
from serving.identity.logins.refresh_tokens import RefreshTokens
from serving.identity.logins.sessions import Client, start_session
from serving.identity.members.grants import Grant
from serving.identity.members.members import add_member


@dataclass(frozen=True)
class Person:
    """Somebody who has logged in."""

    user_id: UUID
    session_id: UUID
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


def add_org(session: Session, code: str, kind: str = "dealer") -> Org:
    """An organisation with the branches dha and clifton."""
    branches = [BranchSpec(name, name) for name in ("dha", "clifton")]
    org = ensure_org(session, code, code.title(), kind=kind)
    ensure_branches(session, org, branches)
    return org


def any_access_token(settings: Settings) -> str:
    """A token that is valid as far as can be told without a look into the database."""
    return EmbeddedIssuer(open_keys(settings)).access_token(uuid4(), uuid4(), utc_now())


class People:
    """Makes people on the tests' database."""

    def __init__(self, factory: SessionFactory, keys: PlatformKeys) -> None:
        self._factory = factory
        self.keys = keys

    def org(self, code: str, kind: str = "dealer") -> UUID:
        with transaction(self._factory) as session:
            return add_org(session, code, kind).id

    def person(self, *held: tuple[str, Role], branches: tuple[str, ...] = (), contact: Contact | None = None) -> Person:
        """Somebody with these roles in these organisations, logged in."""
        with transaction(self._factory) as session:
            user = User() if contact is None else ContactBook(session, self.keys).owner_or_new(contact, utc_now())
            session.add(user)
            session.flush()
            for code, role in held:
                org = add_org(session, code, "platform" if code == "automart" else "dealer")
                add_member(session, org, user.id, Grant(role, frozenset(branches) or None))
            return self.login(session, user.id)

    def login(self, session: Session, user_id: UUID) -> Person:
        started = start_session(session, RefreshTokens(self.keys.index), user_id, Client(), utc_now())
        assert started.session_id is not None
        token = EmbeddedIssuer(self.keys).access_token(user_id, started.session_id, utc_now())
        return Person(user_id, started.session_id, token)

    def messages(self, contact: Contact) -> list[dict[str, str]]:
        """Return the messages that were sent to a contact, oldest first."""
        with transaction(self._factory) as session:
            sealer = Sealer(session, self.keys)
            rows = session.scalars(select(Message).where(Message.state == "queued").order_by(Message.id)).all()
            return [
                dict(opened_values(sealer, row)) for row in rows if opened_recipient(sealer, row).contact == contact
            ]
