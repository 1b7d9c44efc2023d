"""Erase and export the messages that wait to be sent to a person."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete

from core.db.tables.messages import Message
from core.declarations import Eraser, Exporter
from core.personal_data.exported_rows import exported_rows
from core.personal_data.subject import Erasing, Exporting, Rows
from pipelines.notifications.queue import RECIPIENT

_SECRET: Final = "[a one-time secret, shown in the message alone]"  # noqa: S105  (says so in its place)


def _erase_messages(work: Erasing) -> int:
    waiting = delete(Message).where(Message.blind_index.in_(work.subject.indexes)).returning(Message.id)
    return len(work.session.scalars(waiting).all())


def _messages(work: Exporting) -> Rows:
    mine = Message.blind_index.in_(work.subject.indexes)
    for row in exported_rows(work, Message, mine, sealed=(RECIPIENT,)):
        yield {**row, "sealed_values": _SECRET}


ERASERS: Final = (Eraser("messages", _erase_messages),)
EXPORTERS: Final = (Exporter("messages", _messages),)
