"""Contacts of people: sealed, found by a blind index, owned by one person each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.ids import new_id
from core.db.tables.people import Login, User, UserContact
from core.identity.contacts import Contact
from core.identity.sealed_contacts import USER_CONTACT, contact_index, open_contact
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from serving.identity.logins.issuer import ISSUER


class ContactBook:
    """Finds people by what they have proven, and keeps it so that a dump of the tables shows no number."""

    def __init__(self, session: Session, keys: PlatformKeys) -> None:
        self._session = session
        self._keys = keys
        self._sealer = Sealer(session, keys)

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
        row = UserContact(id=new_id(), user_id=user_id, kind=contact.kind, blind_index=index, proven_at=now)
        statement = (
            insert(UserContact)
            .values(
                id=row.id,
                user_id=user_id,
                kind=contact.kind,
                sealed=USER_CONTACT.seal(self._sealer, row, contact.value),
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
        return self.opened(rows.all())

    def opened(self, rows: Sequence[UserContact]) -> list[Contact]:
        """Return the contacts that rows keep sealed; their keys take one statement."""
        self._sealer.load(row.sealed for row in rows)
        return [open_contact(self._sealer, USER_CONTACT, row) for row in rows]
