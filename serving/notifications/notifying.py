"""Notify a person by the channels that the person has chosen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables.people import User, UserContact
from core.identity.contacts import Contact
from core.identity.sealed_contacts import USER_CONTACT, open_contact
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.security.sealing import CannotOpenError
from pipelines.notifications.channels import Channel, Recipient, ways_to
from pipelines.notifications.devices import tokens_of
from pipelines.notifications.preferences import preferences_of
from pipelines.notifications.queue import MessageText, Subject, queue_message
from pipelines.notifications.templates import templates

_PHONES_FIRST: Final = UserContact.kind.desc()


@dataclass(frozen=True)
class Notice:
    """A template with the values of its fields; `about`, where the message can be overtaken."""

    template: str
    values: Mapping[str, str]
    about: Subject | None = None


def notify(session: Session, keys: PlatformKeys, person: User, notice: Notice) -> int:
    """Queue a notice by each of the channels that the person has chosen for its kind; return the number of messages.

    Where none of them reaches the person it goes by phone, else by e-mail. Nothing goes to people who turned the kind
    off, are blocked, or have no contact.
    """
    kind = templates()[notice.template].kind
    contacts = [] if person.blocked_at is not None else contacts_of(session, keys, person)
    if kind is None or not contacts:
        return 0
    wanted = preferences_of(session, person.id).of(kind)
    if not wanted:
        return 0
    text = MessageText(notice.template, notice.values, person.language, person.id, notice.about)
    ways = list(_ways(session, keys, person, contacts, wanted)) or [(contacts[0], Recipient.of(contacts[0]))]
    for contact, way in ways:
        queue_message(session, keys, contact, text, way)
    return len(ways)


def contacts_of(session: Session, keys: PlatformKeys, person: User) -> list[Contact]:
    """Return a person's contacts: phones, then e-mail addresses, of each the one proven first in front."""
    query = select(UserContact).where(UserContact.user_id == person.id)
    rows = session.scalars(query.order_by(_PHONES_FIRST, UserContact.proven_at, UserContact.id)).all()
    sealer = Sealer(session, keys)
    sealer.load([row.sealed for row in rows])
    try:
        return [open_contact(sealer, USER_CONTACT, row) for row in rows]
    except CannotOpenError:  # the person has just been erased
        return []


def _ways(
    session: Session, keys: PlatformKeys, person: User, contacts: list[Contact], wanted: tuple[Channel, ...]
) -> Iterator[tuple[Contact, Recipient]]:
    """Give the ways by the first contact of each kind, and by every app; each with the contact whose key seals it."""
    for kind in ("phone", "email"):
        first = next((each for each in contacts if each.kind == kind), None)
        if first is not None:
            yield from ((first, way) for way in ways_to(first, wanted))
    if "push" in wanted:
        yield from ((contacts[0], Recipient("push", token)) for token in tokens_of(session, keys, person.id))
