"""Messages wait through quiet hours, follow what their reader has chosen by then, and are dropped when overtaken."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, time, timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.messages import Message
from core.db.tables.notifications import NotificationPreferences, PushDevice
from core.db.tables.people import User
from core.identity.contacts import Contact
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from pipelines.notifications.channels import Recipient
from pipelines.notifications.devices import TOKEN, token_index, tokens_of
from pipelines.notifications.queue import MessageText, queue_message
from pipelines.notifications.send import Outlet, SendResult, send_due
from pipelines.notifications.senders.contract import RecipientGoneError, SenderUnavailableError
from tests.pipelines.notifications.test_send import Recorder

PHONE = Contact("phone", "+923001234567")
Begin = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def begin(session_factory: SessionFactory) -> Begin:
    return partial(transaction, session_factory)


def night(hour: int = 23) -> datetime:
    """The next time that the clock shows this hour in Karachi, an hour from now at the earliest."""
    start = utc_now() + timedelta(hours=1)
    at = start.astimezone(UTC).replace(hour=(hour - 5) % 24, minute=0, second=0, microsecond=0)
    return at if at >= start else at + timedelta(days=1)


def ad_message(begin: Begin, keys: PlatformKeys, reader: UUID | None = None, to: Recipient | None = None) -> UUID:
    with begin() as session:
        text = MessageText("ad_approved", {"car": "Toyota Yaris 2021"}, reader_id=reader)
        return queue_message(session, keys, PHONE, text, to)


def person(begin: Begin, **chosen: object) -> UUID:
    with begin() as session:
        user = User()
        session.add(user)
        session.flush()
        if chosen:
            row = {"channels": {}, "timezone": "Asia/Karachi", "changed_at": utc_now()} | chosen
            session.add(NotificationPreferences(user_id=user.id, **row))
        return user.id


def state_of(begin: Begin, message_id: UUID) -> tuple[str, str | None]:
    with begin() as session:
        row = session.get_one(Message, message_id)
        return row.state, row.last_error


def test_message_waits_for_the_morning_and_is_sent_once(begin: Begin, keys: PlatformKeys) -> None:
    message_id, recorder, now = ad_message(begin, keys), Recorder(), night()
    outlet = Outlet("sms", recorder, keys, 100, clock=lambda: now)
    morning, results = now + timedelta(hours=9), []
    while now < morning:
        results.append(send_due(begin, outlet))
        now += timedelta(minutes=30)
    assert results == [SendResult(held=1), SendResult()] * 9  # once an hour: what is chosen meanwhile counts
    assert (send_due(begin, outlet), send_due(begin, outlet)) == (SendResult(sent=1), SendResult())
    assert [message.id for message in recorder.sent] == [message_id]


def test_code_goes_at_once_at_night(begin: Begin, keys: PlatformKeys) -> None:
    now, recorder = night(), Recorder()
    with begin() as session:
        message_id = queue_message(session, keys, PHONE, MessageText("invitation", {"org": "Khan", "token": "t"}))
    assert send_due(begin, Outlet("sms", recorder, keys, 100, clock=lambda: now)) == SendResult(sent=1)
    assert recorder.sent[0].id == message_id


def test_retried_message_is_held_too_when_the_night_has_begun(begin: Begin, keys: PlatformKeys) -> None:
    ad_message(begin, keys)
    now, recorder = night(21) + timedelta(minutes=59), Recorder(SenderUnavailableError("away"))
    outlet = Outlet("sms", recorder, keys, 100, clock=lambda: now)
    assert send_due(begin, outlet) == SendResult(waiting=1)
    now, recorder.failure = now + timedelta(minutes=5), None
    assert send_due(begin, outlet) == SendResult(held=1)
    assert recorder.sent == []


def test_reader_without_quiet_hours_or_with_other_ones_is_told_at_night(begin: Begin, keys: PlatformKeys) -> None:
    always = person(begin, quiet_from=None, quiet_until=None)
    noon = person(begin, quiet_from=time(13), quiet_until=time(14))
    for reader in (always, noon):
        ad_message(begin, keys, reader)
    now, recorder = night(), Recorder()
    assert send_due(begin, Outlet("sms", recorder, keys, 100, clock=lambda: now)).sent == 2
    ad_message(begin, keys, noon)
    now = night(13)
    assert send_due(begin, Outlet("sms", recorder, keys, 100, clock=lambda: now)).held == 1


@pytest.mark.parametrize(
    ("overtaken", "reason"), [("off", "turned_off"), ("blocked", "reader_gone"), ("erased", "reader_gone")]
)
def test_message_that_is_not_wanted_any_more_is_dropped_and_forgotten(
    begin: Begin, keys: PlatformKeys, overtaken: str, reason: str
) -> None:
    reader = person(begin)
    message_id, now, recorder = ad_message(begin, keys, reader), night(), Recorder()
    outlet = Outlet("sms", recorder, keys, 100, clock=lambda: now)
    assert send_due(begin, outlet) == SendResult(held=1)
    with begin() as session:
        if overtaken == "off":
            off = {"channels": {"ads": []}, "timezone": "Asia/Karachi", "changed_at": now}
            session.add(NotificationPreferences(user_id=reader, **off))
        elif overtaken == "blocked":
            session.execute(update(User).where(User.id == reader).values(blocked_at=now))
        else:
            session.delete(session.get_one(User, reader))
    now += timedelta(hours=1)
    assert send_due(begin, outlet) == SendResult(dropped=1)
    assert state_of(begin, message_id) == ("dropped", reason)
    with begin() as session:
        kept = session.scalars(select(Message.sealed_values).where(Message.id == message_id)).one()
    assert (kept, recorder.sent) == (None, [])


@pytest.mark.parametrize("change", [{"template": "gone"}, {"template": "ad_expires"}])
def test_message_of_another_version_holds_up_no_other(begin: Begin, keys: PlatformKeys, change: dict[str, str]) -> None:
    reader = person(begin, quiet_from=None, quiet_until=None, timezone="Asia/Atlantis")
    strange, known = ad_message(begin, keys, reader), ad_message(begin, keys, reader)
    with begin() as session:
        session.execute(update(Message).where(Message.id == strange).values(change))
    recorder = Recorder()
    assert send_due(begin, Outlet("sms", recorder, keys, 100)) == SendResult(sent=1, failed=1)
    assert [message.id for message in recorder.sent] == [known]


def test_zone_that_is_gone_is_read_as_the_home_zone(begin: Begin, keys: PlatformKeys) -> None:
    reader = person(begin, quiet_from=time(13), quiet_until=time(14), timezone="Asia/Atlantis")
    ad_message(begin, keys, reader)
    now = night(13)
    assert send_due(begin, Outlet("sms", Recorder(), keys, 100, clock=lambda: now)) == SendResult(held=1)


def test_app_that_was_removed_from_the_phone_is_forgotten(begin: Begin, keys: PlatformKeys) -> None:
    reader = person(begin, quiet_from=None, quiet_until=None)
    with begin() as session:
        device = PushDevice(user_id=reader, platform="ios", registered_at=utc_now())
        device.id, device.token_index = UUID(int=7), token_index(keys, "token-1")
        device.sealed_token = TOKEN.seal(Sealer(session, keys), device, "token-1")
        session.add(device)
    ad_message(begin, keys, reader, Recipient("push", "token-1"))
    outlet = Outlet("push", Recorder(RecipientGoneError("gone")), keys, 100)
    with begin() as session:
        assert tokens_of(session, keys, reader) == ("token-1",)
    assert send_due(begin, outlet) == SendResult(failed=1)
    with begin() as session:
        assert tokens_of(session, keys, reader) == ()
