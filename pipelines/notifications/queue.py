"""Queue a message to a person, in the transaction that causes it: both are kept, or neither."""

import json
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables.messages import Message
from core.identity.contacts import Contact
from core.identity.sealed_contacts import open_contact
from core.security.platform_keys import PlatformKeys
from core.security.sealing import open_sealed, seal
from pipelines.notifications.templates import find_template

_MAKE_ID = text("SELECT uuidv7()")


def queue_message(
    session: Session,
    keys: PlatformKeys,
    recipient: Contact,
    template: str,
    values: dict[str, str],
    language: str = "en",
) -> UUID:
    """Queue a message and return its id; a background loop sends it within a second or so.

    Recipient and values are sealed. The caller's transaction commits it.

    Raises:
        BadMessageError: there is no such template or language, or a value is missing or too many.
    """
    known = find_template(template, language, values)
    message_id: UUID = session.execute(_MAKE_ID).scalar_one()
    now = utc_now()
    row = {
        "id": message_id,
        "template": template,
        "language": language,
        "kind": recipient.kind,
        "sealed_recipient": seal(keys.sealing, recipient.value, _place(message_id, "recipient")),
        "sealed_values": seal(keys.sealing, json.dumps(values, ensure_ascii=False), _place(message_id, "values")),
        "next_attempt_at": now,
        "created_at": now,
        "expires_at": now + known.good_for,
    }
    session.execute(insert(Message).values(row))  # returns nothing: whoever queues a message may not read any
    return message_id


def opened_recipient(keys: PlatformKeys, message: Message) -> Contact:
    """Return the recipient of a message.

    Raises:
        CannotOpenError: the keys are others than those it was sealed with.
    """
    return open_contact(keys, message.kind, message.sealed_recipient, _place(message.id, "recipient"))


def opened_values(keys: PlatformKeys, message: Message) -> Mapping[str, str]:
    """Return the values of a message that is queued.

    Raises:
        CannotOpenError: the keys are others than those it was sealed with.
    """
    sealed = message.sealed_values or b""
    values: dict[str, str] = json.loads(open_sealed(keys.sealing, sealed, _place(message.id, "values")))
    return values


def _place(message_id: UUID, part: str) -> tuple[str, ...]:
    return ("messages", message_id.hex, part)
