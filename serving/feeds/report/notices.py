"""Tell the administrators of a dealer what became of a file, with the address of its report; not of unchanged files."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import FeedFile, Org
from core.db.tables.messages import Message
from core.db.tables.people import User
from core.declarations import MessageAbout, StillTrue
from core.observability.redaction import mask_contacts
from core.outbox.events import Event
from core.security.platform_keys import PlatformKeys
from pipelines.feeds.consumers import TOPIC
from pipelines.feeds.mail.refused_events import MAIL_REFUSED
from pipelines.notifications.queue import Subject
from serving.feeds.report.address import report_path
from serving.feeds.report.mail_notices import notify_of_mail
from serving.notifications.administrators import administrators_of, is_administrator
from serving.notifications.notifying import Notice, notify

_log = logging.getLogger(__name__)
OLDEST: Final = timedelta(days=1)
"""Events that were read later than this are told to nobody: a consumer that starts reads old ones too."""
PAUSE: Final = timedelta(hours=6)
"""Between two messages to a person of applied files. Those that need a decision, and refused ones, do not wait."""
_TOLD: Final = ("applied", "refused", "stale")
_LONGEST_NAME: Final = 80


def notifying_dealers(
    keys: PlatformKeys, base: str, clock: Callable[[], datetime] = utc_now
) -> Callable[[Session, Sequence[Event]], None]:
    """Make the handler of events of files and mails: it queues messages in the transaction that reads the events."""

    def handle(session: Session, events: Sequence[Event]) -> None:
        now = clock()
        for event in events:
            if now - event.created_at > OLDEST:
                continue
            if event.kind == MAIL_REFUSED:
                notify_of_mail(session, keys, event)
            elif event.kind in _TOLD:
                _notify(session, keys, event, base)

    return handle


def newest_told(session: Session, message: MessageAbout) -> bool:
    """Tell whether the reader still administers the dealer, and no message about a later file of the kind waits."""
    file = session.get(FeedFile, message.subject_id)
    if file is None or message.reader_id is None:
        return False
    later = (
        select(Message.id)
        .join(FeedFile, FeedFile.id == Message.subject_id)
        .where(
            Message.reader_id == message.reader_id,
            Message.topic == TOPIC,
            Message.subject_id > message.subject_id,  # ids rise with time
            FeedFile.org_id == file.org_id,  # a person may administer several dealers
            FeedFile.mapping == file.mapping,
        )
    )
    return is_administrator(session, file.org_id, message.reader_id) and session.scalar(later.limit(1)) is None


STILL_TRUE: Final = StillTrue(TOPIC, newest_told)


def _notify(session: Session, keys: PlatformKeys, event: Event, base: str) -> None:
    file = session.get(FeedFile, event.subject_id)
    if file is None or file.status not in _TOLD or _same_as_before(session, file):
        return
    org = session.get_one(Org, file.org_id)
    template, values = _words(file)
    values |= {"file": mask_contacts(file.name)[:_LONGEST_NAME], "report": base + report_path(org.code, file.id)}
    notice = Notice(template, values, Subject(TOPIC, file.id, {"mapping": file.mapping}))
    may_wait = file.status == "applied" and not file.removals_held
    told = 0
    for person in administrators_of(session, org.id):
        if not (may_wait and _told_lately(session, person, file)):
            told += notify(session, keys, person, notice) > 0
    _log.info("feed file %s is %s: %d administrators are told", file.id, file.status, told)


def _words(file: FeedFile) -> tuple[str, dict[str, str]]:
    if file.status != "applied":
        return "feed_refused", {"reason": mask_contacts(file.refusal or "")[:300]}
    counts = {name: f"{count:,}" for name, count in file.row_counts.items()}
    return "feed_applied", counts | {"held": f"{file.removals_held:,}"}


def _same_as_before(session: Session, file: FeedFile) -> bool:
    """Tell whether a file changed no car, and was judged as the decided one before it was."""
    if file.rows_created or file.rows_updated or file.rows_removed:
        return False
    before = select(FeedFile).where(
        FeedFile.org_id == file.org_id,
        FeedFile.mapping == file.mapping,
        FeedFile.status.in_(_TOLD),
        FeedFile.id < file.id,
    )
    last = session.scalars(before.order_by(FeedFile.id.desc()).limit(1)).first()
    return last is not None and _judgement(last) == _judgement(file)


def _judgement(file: FeedFile) -> tuple[object, ...]:
    return file.status, file.refusal, file.reasons, file.removals_held


def _told_lately(session: Session, person: User, file: FeedFile) -> bool:
    """Tell whether the person was told of an applied file of the same dealer within the pause."""
    sent = (
        select(Message.id)
        .join(FeedFile, FeedFile.id == Message.subject_id)
        .where(
            Message.reader_id == person.id,
            Message.template == "feed_applied",
            Message.state == "sent",
            Message.sent_at > utc_now() - PAUSE,
            FeedFile.org_id == file.org_id,
        )
    )
    return session.scalar(sent.limit(1)) is not None
