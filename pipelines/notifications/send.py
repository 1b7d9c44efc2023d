"""Send the messages that are due, one transaction each, unless they are held or have been overtaken.

A message is sent while its row is locked, and committed as sent afterwards. A process that dies in between has sent one
message that is still queued: at most this one is sent twice, and none is lost. Its id, which gateways and mail servers
are given, lets them drop the second. One that cannot be sent is tried until it would be of no use any more, however
long the outage is.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import Transaction
from core.db.tables.messages import Message
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from core.security.sealing import CannotOpenError
from pipelines.notifications.channels import Channel
from pipelines.notifications.devices import forget_token
from pipelines.notifications.queue import forget_recipient, opened_recipient, opened_values
from pipelines.notifications.senders.contract import (
    MessageRefusedError,
    OutgoingMessage,
    RecipientGoneError,
    Sender,
    SenderUnavailableError,
)
from pipelines.notifications.templates import templates
from pipelines.notifications.verdicts import judge

_log = logging.getLogger(__name__)
FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(minutes=10)
ALARM_EVERY: Final = timedelta(minutes=10)
_HOUR: Final = timedelta(hours=1)

Outcome = Literal["sent", "waiting", "failed", "held", "dropped"]


@dataclass(frozen=True)
class SendResult:
    """The numbers of messages that were sent, expired, failed for good, or wait for another attempt.

    `held` ones wait for the end of quiet hours, `dropped` ones were overtaken or are not wanted. `capped`: more are
    due, and the hour's number is used up.
    """

    sent: int = 0
    expired: int = 0
    failed: int = 0
    waiting: int = 0
    held: int = 0
    dropped: int = 0
    capped: bool = False


@dataclass
class Outlet:
    """One channel, and the most messages an hour that the whole platform sends by all of them."""

    channel: Channel
    sender: Sender
    keys: PlatformKeys
    most_an_hour: int
    clock: Callable[[], datetime] = utc_now
    alarmed_at: datetime | None = field(default=None, init=False)


def send_due(transaction: Transaction, outlet: Outlet, most: int = 100) -> SendResult:
    """Send up to `most` messages that are due, the longest due first.

    It ends at the first that the sender does not take: what is down for one message is down for the next.
    """
    result = SendResult()
    for _ in range(most):
        with transaction() as session:
            result = replace(result, expired=result.expired + _expire(session, outlet))
            message = _claim(session, outlet)
            if message is None:
                return result
            if _is_capped(session, outlet):
                return replace(result, capped=True)
            outcome = _send(session, outlet, message)
        result = replace(result, **{outcome: getattr(result, outcome) + 1})
        if outcome == "waiting":
            return result
    return result


def _claim(session: Session, outlet: Outlet) -> Message | None:
    """Lock the message that is due the longest; one that another process is about to send is passed over."""
    due = select(Message).where(
        Message.state == "queued", Message.channel == outlet.channel, Message.next_attempt_at <= outlet.clock()
    )
    return session.scalars(due.order_by(Message.next_attempt_at).limit(1).with_for_update(skip_locked=True)).first()


def _expire(session: Session, outlet: Outlet) -> int:
    """Give up messages that came too late to be of use: a code that has expired only confuses."""
    late = (
        select(Message.id)
        .where(Message.state == "queued", Message.channel == outlet.channel, Message.expires_at <= outlet.clock())
        .with_for_update(skip_locked=True)
    )
    gone = (
        update(Message)
        .where(Message.id.in_(late))
        .values(state="expired", blind_index=None, sealed_recipient=None, sealed_values=None)
    )
    return len(session.scalars(gone.returning(Message.id)).all())


def _is_capped(session: Session, outlet: Outlet) -> bool:
    """Tell whether the hour's number is used up. Channels that send at once may pass it by a message each."""
    now = outlet.clock()
    sent = session.scalar(select(func.count()).where(Message.sent_at > now - _HOUR))
    if (sent or 0) < outlet.most_an_hour:
        return False
    if outlet.alarmed_at is None or now - outlet.alarmed_at >= ALARM_EVERY:
        outlet.alarmed_at = now
        _log.error(
            "ALARM: %d messages were sent within an hour, the most that MESSAGES_PER_HOUR allows; others wait. Look for"
            " somebody who has codes sent to many numbers, or raise it.",
            sent,
        )
    return True


def _send(session: Session, outlet: Outlet, message: Message) -> Outcome:
    template = templates().get(message.template)
    if template is None:  # queued by another version: it must not hold up those behind it
        return _give_up(message, f"There is no template {message.template!r}.")
    verdict = judge(session, message, template, outlet.clock())
    if verdict.dropped is not None:
        return _drop(message, verdict.dropped)
    if verdict.held_until is not None:
        message.next_attempt_at = verdict.held_until
        return "held"
    sealer = Sealer(session, outlet.keys)
    try:
        text = template.render(message.language, opened_values(sealer, message))
        recipient = opened_recipient(sealer, message)
        outlet.sender.send(OutgoingMessage(message.id, recipient, text, message.language))
    except SenderUnavailableError as error:
        return _try_later(outlet, message, error.detail)
    except RecipientGoneError as error:
        if outlet.channel == "push":
            forget_token(session, outlet.keys, recipient.value)
        return _give_up(message, error.detail)
    except (MessageRefusedError, CannotOpenError) as error:
        return _give_up(message, error.detail)
    except KeyError as error:
        return _give_up(message, f"The template {message.template!r} needs {error}, and the message has no such value.")
    message.state, message.sent_at = "sent", outlet.clock()
    forget_recipient(message)
    message.attempts += 1
    return "sent"


def _drop(message: Message, reason: str) -> Outcome:
    message.state, message.last_error = "dropped", reason
    forget_recipient(message)
    return "dropped"


def _try_later(outlet: Outlet, message: Message, reason: str) -> Outcome:
    """Let the message wait, longer after each attempt; it is given up by `_expire` alone."""
    message.attempts += 1
    pause = min(FIRST_PAUSE * 2 ** min(message.attempts - 1, 10), LONGEST_PAUSE)
    message.next_attempt_at, message.last_error = outlet.clock() + pause, reason
    _log.warning("Message %s waits %d s: %s", message.id, pause.total_seconds(), reason)
    return "waiting"


def _give_up(message: Message, reason: str) -> Outcome:
    message.state, message.last_error = "failed", reason
    forget_recipient(message)
    _log.error("Message %s is given up: %s", message.id, reason)
    return "failed"
