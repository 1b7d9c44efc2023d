"""Tell the administrators of a dealer that a mail with their list delivered nothing, and why."""

import logging
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import PAKISTAN
from core.db.tables import FeedSource
from core.db.tables.messages import Message
from core.declarations import MessageAbout, StillTrue
from core.outbox.events import Event
from core.security.platform_keys import PlatformKeys
from pipelines.notifications.queue import Subject
from serving.notifications.administrators import administrators_of, is_administrator
from serving.notifications.notifying import Notice, notify

_log = logging.getLogger(__name__)
TOPIC: Final = "feed_mail"
"""Of messages; its subject is the source, whose events are of the topic `feed`."""


def still_administered(session: Session, message: MessageAbout) -> bool:
    """Tell whether the source is still there and the reader still administers its dealer."""
    source = session.get(FeedSource, message.subject_id)
    if source is None or message.reader_id is None:
        return False
    return is_administrator(session, source.org_id, message.reader_id)


STILL_TRUE: Final = StillTrue(TOPIC, still_administered)


def notify_of_mail(session: Session, keys: PlatformKeys, event: Event) -> None:
    """Queue the messages about a mail that was refused, once for each mail, however often it was read."""
    source = session.get(FeedSource, event.subject_id)
    if source is None or _told(session, source, event.payload["mail"]):
        return
    sent_at = datetime.fromisoformat(event.payload["sent_at"]).astimezone(PAKISTAN)
    values = {"reason": event.payload["refusal"], "sent": f"{sent_at:%Y-%m-%d %H:%M}"}
    notice = Notice("feed_mail_refused", values, Subject(TOPIC, source.id, {"mail": event.payload["mail"]}))
    told = sum(notify(session, keys, person, notice) > 0 for person in administrators_of(session, source.org_id))
    _log.info("mail to source %s is refused (%s): %d administrators are told", source.id, event.payload["code"], told)


def _told(session: Session, source: FeedSource, mail: str) -> bool:
    rows = select(Message.id).where(
        Message.topic == TOPIC, Message.subject_id == source.id, Message.facts["mail"].astext == mail
    )
    return session.scalar(rows.limit(1)) is not None
