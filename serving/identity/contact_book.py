"""Contacts of people: sealed, found by a blind index, owned by one person each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.tables.people import Login, User, UserContact
from core.identity.contacts import Contact
from core.security.platform_keys import PlatformKeys
from core.security.sealing import blind_index, open_sealed, seal
from serving.identity.issuer import ISSUER


class ContactBook:
    """Finds people by what they have proven, and keeps it so that a dump of the tables tells nobody's number."""

    def __init__(self, session: Session, keys: PlatformKeys) -> None:
        self._session = session
        self._keys = keys

    def index_of(self, contact: Contact) -> bytes:
        """Return the blind index of a contact."""
        return blind_index(self._keys.index, contact.kind, contact.value)

    def owner(self, contact: Contact) -> User | None:
        """Return the person that has proven this contact."""
        statement = (
            select(User)
            .join(UserContact, UserContact.user_id == User.id)
            .where(UserContact.kind == contact.kind, UserContact.blind_index == self.index_of(contact))
        )
        return self._session.scalars(statement).first()

    def owner_or_new(self, contact: Contact, now: datetime) -> User:
        """Return the person that has proven this contact, made now where there is none; parallel calls make one."""
        known = self.owner(contact)
        if known is not None:
            return known
        person = User()
        with self._session.begin_nested() as attempt:
            self._session.add(person)
            self._session.flush()
            if self.add(person.id, contact, now):
                self._session.add(Login(issuer=ISSUER, subject=str(person.id), user_id=person.id))
                return person
            attempt.rollback()
        owner = self.owner(contact)
        if owner is None:
            raise RuntimeError("a contact that exists has an owner")
        return owner

    def add(self, user_id: UUID, contact: Contact, now: datetime) -> bool:
        """Record that a person has proven a contact; False where it belongs to a person already."""
        index = self.index_of(contact)
        statement = (
            insert(UserContact)
            .values(
                user_id=user_id,
                kind=contact.kind,
                sealed=seal(self._keys.sealing, contact.value, self._place(contact.kind, index)),
                blind_index=index,
                proven_at=now,
            )
            .on_conflict_do_nothing(index_elements=["kind", "blind_index"])
            .returning(UserContact.id)
        )
        return self._session.scalar(statement) is not None

    def of_person(self, user_id: UUID) -> list[Contact]:
        """Return the contacts of a person, opened."""
        rows = self._session.scalars(
            select(UserContact).where(UserContact.user_id == user_id).order_by(UserContact.proven_at)
        )
        return [self.opened(row) for row in rows]

    def opened(self, row: UserContact) -> Contact:
        """Return the contact that a row keeps sealed."""
        value = open_sealed(self._keys.sealing, row.sealed, self._place(row.kind, row.blind_index))
        return Contact(row.kind, value)  # type: ignore[arg-type]  # the table checks the kind

    @staticmethod
    def _place(kind: str, index: bytes) -> tuple[str, ...]:
        return ("user_contacts", kind, index.hex())
