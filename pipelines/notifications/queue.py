"""Queue a message to a person, in the transaction that causes it: both are kept, or neither."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.ids import new_id
from core.db.tables.messages import Message
from core.identity.contacts import Contact
from core.identity.sealed_contacts import contact_index
from core.personal_data.sealed_column import SealedColumn
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from pipelines.notifications.channels import Recipient
from pipelines.notifications.templates import find_template

RECIPIENT: Final = SealedColumn(
    "messages",
    "sealed_recipient",
    "contact",
    "blind_index",
    lambda row: ("messages", row.id.hex, "recipient"),
)
VALUES: Final = SealedColumn(
    "messages", "sealed_values", "contact", "blind_index", lambda row: ("messages", row.id.hex, "values")
)


@dataclass(frozen=True)
class Subject:
    """The subject of a message, and the facts that it rests on: once they do not hold any more, it is dropped."""

    topic: str
    id: UUID
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MessageText:
    """A template, the values of its fields, and the language of the reader.

    `reader_id` is the person whose quiet hours and choices count; `about` is given where the message can be overtaken.
    """

    template: str
    values: Mapping[str, str]
    language: str = "en"
    reader_id: UUID | None = None
    about: Subject | None = None


def queue_message(
    session: Session, keys: PlatformKeys, contact: Contact, message: MessageText, to: Recipient | None = None
) -> UUID:
    """Queue a message and return its id; a background loop sends it within a second or so.

    It goes the usual way to the contact, or `to` another one of the same person. Recipient and values are sealed, under
    the key of the contact. The caller's transaction commits it.

    Raises:
        BadMessageError: there is no such template or language, or a value is missing or too many.
    """
    known = find_template(message.template, message.language, message.values)
    now, recipient, about = utc_now(), to or Recipient.of(contact), message.about
    row = Message(
        id=new_id(),
        template=message.template,
        language=message.language,
        channel=recipient.channel,
        blind_index=contact_index(keys, contact),
        reader_id=message.reader_id,
        topic=None if about is None else about.topic,
        subject_id=None if about is None else about.id,
        facts={} if about is None else dict(about.facts),
        next_attempt_at=now,
        created_at=now,
        expires_at=now + known.good_for,
    )
    sealer = Sealer(session, keys)
    row.sealed_recipient = RECIPIENT.seal(sealer, row, recipient.value)
    row.sealed_values = VALUES.seal(sealer, row, json.dumps(dict(message.values), ensure_ascii=False))
    # The statement returns nothing: whoever queues a message may not read any.
    values = {column.key: getattr(row, column.key) for column in Message.__table__.columns}
    session.execute(insert(Message).values({name: value for name, value in values.items() if value is not None}))
    return row.id


def opened_recipient(sealer: Sealer, message: Message) -> Recipient:
    """Return the recipient of a message that is queued.

    Raises:
        CannotOpenError: the recipient was erased, or the keys are others than those it was sealed with.
    """
    channel: Any = message.channel
    return Recipient(channel, RECIPIENT.open(sealer, message))


def opened_values(sealer: Sealer, message: Message) -> Mapping[str, str]:
    """Return the values of a message that is queued.

    Raises:
        CannotOpenError: the recipient was erased, or the keys are others than those it was sealed with.
    """
    values: dict[str, str] = json.loads(VALUES.open(sealer, message))
    return values


def forget_recipient(message: Message) -> None:
    """Erase recipient and values of a message that is about to leave the queue."""
    message.blind_index = message.sealed_recipient = message.sealed_values = None
