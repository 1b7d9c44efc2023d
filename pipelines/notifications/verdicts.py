"""Decide whether a message that is due is sent now, held, or dropped because it is no longer true."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from sqlalchemy.orm import Session

from core.db.tables.messages import Message
from core.db.tables.people import User
from core.declarations import MessageAbout, gather_declarations
from pipelines.notifications.preferences import preferences_of
from pipelines.notifications.templates import Template

LONGEST_HOLD: Final = timedelta(hours=1)
"""Held messages are looked at again after this at the latest: quiet hours can be changed while they wait."""


@dataclass(frozen=True)
class Verdict:
    """Sent now, held until a moment, or dropped for a reason."""

    held_until: datetime | None = None
    dropped: str | None = None


SEND: Final = Verdict()


def judge(session: Session, message: Message, template: Template, now: datetime) -> Verdict:
    """Judge a message at the moment at which it is due: choices and facts may have changed since it was queued.

    Messages without a kind (codes, invitations) were asked for a moment ago, and go at once.
    """
    if template.kind is None:
        return SEND
    if message.reader_id is not None:
        reader = session.get(User, message.reader_id)
        if reader is None or reader.blocked_at is not None:
            return Verdict(dropped="reader_gone")
    chosen = preferences_of(session, message.reader_id)
    if not chosen.of(template.kind):
        return Verdict(dropped="turned_off")
    if not _still_true(session, message, now):
        return Verdict(dropped="no_longer_true")
    until = None if chosen.quiet is None else chosen.quiet.until(now)
    return SEND if until is None else Verdict(held_until=min(until, now + LONGEST_HOLD))


def _still_true(session: Session, message: Message, now: datetime) -> bool:
    if message.topic is None or message.subject_id is None:
        return True
    check = _checks().get(message.topic)
    return check is None or check(session, MessageAbout(message.subject_id, message.reader_id, message.facts, now))


@cache
def _checks() -> Mapping[str, Callable[[Session, MessageAbout], bool]]:
    return {each.topic: each.holds for found in gather_declarations().values() for each in found.still_true}
