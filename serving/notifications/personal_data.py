"""Erase and export the messages that wait to be sent to a person, the person's choices, and its apps."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, or_, update

from core.db.tables.messages import Message
from core.db.tables.notifications import NotificationPreferences, PushDevice
from core.declarations import Eraser, Exporter
from core.personal_data.changed_rows import changed_rows
from core.personal_data.exported_rows import exported_rows
from core.personal_data.subject import Erasing, Exporting, Rows
from pipelines.notifications.devices import TOKEN
from pipelines.notifications.queue import RECIPIENT

_SECRET: Final = "[a one-time secret, shown in the message alone]"  # noqa: S105  (says so in its place)


def _erase_messages(work: Erasing) -> int:
    mine = Message.reader_id == work.subject.user_id
    queued = or_(Message.blind_index.in_(work.subject.indexes), mine & (Message.state == "queued"))
    return changed_rows(work, delete(Message).where(queued)) + changed_rows(
        work, update(Message).where(mine).values(reader_id=None)
    )


def _erase_choices(work: Erasing) -> int:
    return changed_rows(
        work, delete(NotificationPreferences).where(NotificationPreferences.user_id == work.subject.user_id)
    )


def _erase_devices(work: Erasing) -> int:
    return changed_rows(work, delete(PushDevice).where(PushDevice.user_id == work.subject.user_id))


def _messages(work: Exporting) -> Rows:
    mine = Message.blind_index.in_(work.subject.indexes)
    for row in exported_rows(work, Message, mine, sealed=(RECIPIENT,)):
        yield {**row, "sealed_values": _SECRET}


def _choices(work: Exporting) -> Rows:
    mine = NotificationPreferences.user_id == work.subject.user_id
    return exported_rows(work, NotificationPreferences, mine)


def _devices(work: Exporting) -> Rows:
    mine = PushDevice.user_id == work.subject.user_id
    return exported_rows(work, PushDevice, mine, sealed=(TOKEN,))


ERASERS: Final = (
    Eraser("messages", _erase_messages),
    Eraser("choices of notifications", _erase_choices),
    Eraser("apps that take push messages", _erase_devices),
)
EXPORTERS: Final = (
    Exporter("messages", _messages),
    Exporter("notification_preferences", _choices),
    Exporter("push_devices", _devices),
)
