"""Contacts of people: sealed, found by a blind index, owned by one person each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.tables.people import Login, User, UserContact
from core.identity.contacts import Contact
from core.identity.sealed_contacts import contact_index, open_contact
from core.security.platform_keys import PlatformKeys
from core.security.sealing import seal
from serving.identity.issuer import ISSUER


class ContactBook:
    """Finds people by what they have proven, and keeps it so that a dump of the tables shows no number."""

    def __init__(self, session: Session, keys: PlatformKeys) -> None:
        self._session = session
        self._keys = keys

    def owner(self, contact: Contact) -> User | None:
        """Return the person that has proven this contact."""
        index = contact_index(self._keys, contact)
        statement = (
            select(User)
            .join(UserContact, UserContact.user_id == User.id)
            .where(UserContact.kind == contact.kind, UserContact.blind_index == index)
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
        index = contact_index(self._keys, contact)
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
        return open_contact(self._keys, row.kind, row.sealed, self._place(row.kind, row.blind_index))

    @staticmethod
    def _place(kind: str, index: bytes) -> tuple[str, ...]:
        return ("user_contacts", kind, index.hex())
