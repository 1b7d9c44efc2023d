"""Queue a message to a person, in the transaction that causes it: both are kept, or neither."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.ids import new_id
from core.db.tables.messages import Message
from core.identity.contacts import Contact
from core.identity.sealed_contacts import contact_index, open_contact
from core.personal_data.sealed_column import SealedColumn
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
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
class MessageText:
    """A template, the values of its fields, and the language of the reader."""

    template: str
    values: Mapping[str, str]
    language: str = "en"


def queue_message(session: Session, keys: PlatformKeys, recipient: Contact, message: MessageText) -> UUID:
    """Queue a message and return its id; a background loop sends it within a second or so.

    Recipient and values are sealed. The caller's transaction commits it.

    Raises:
        BadMessageError: there is no such template or language, or a value is missing or too many.
    """
    known = find_template(message.template, message.language, message.values)
    now = utc_now()
    row = Message(
        id=new_id(),
        template=message.template,
        language=message.language,
        kind=recipient.kind,
        blind_index=contact_index(keys, recipient),
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


def opened_recipient(sealer: Sealer, message: Message) -> Contact:
    """Return the recipient of a message that is queued.

    Raises:
        CannotOpenError: the recipient was erased, or the keys are others than those it was sealed with.
    """
    return open_contact(sealer, RECIPIENT, message)


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
