"""Queued messages are sent once, tried again, given up in time, and bounded by the hour."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.messages import Message
from core.identity.contacts import Contact
from core.security.platform_keys import PlatformKeys
from pipelines.notifications.queue import MessageText, queue_message
from pipelines.notifications.send import Outlet, SendResult, send_due
from pipelines.notifications.senders.contract import MessageRefusedError, OutgoingMessage, SenderUnavailableError
from pipelines.notifications.templates import BadMessageError, templates

PHONE = Contact("phone", "+923001234567")


@dataclass
class Recorder:
    """Keeps what it is given; raises `failure` where there is one."""

    failure: Exception | None = None
    sent: list[OutgoingMessage] = field(default_factory=list)

    def send(self, message: OutgoingMessage) -> None:
        if self.failure is not None:
            raise self.failure
        self.sent.append(message)


Queue = Callable[..., UUID]


@pytest.fixture
def begin(session_factory: SessionFactory) -> Callable[[], AbstractContextManager[Session]]:
    return partial(transaction, session_factory)


@pytest.fixture
def queue(session_factory: SessionFactory, keys: PlatformKeys) -> Queue:
    def queued(template: str = "otp_login", language: str = "en", **values: str) -> UUID:
        with transaction(session_factory) as session:
            return queue_message(session, keys, PHONE, MessageText(template, values or {"code": "123456"}, language))

    return queued


def read(session_factory: SessionFactory, message_id: UUID) -> Message:
    with session_factory() as session:
        return session.get_one(Message, message_id)


def later(by: timedelta) -> Callable[[], object]:
    return lambda: utc_now() + by


def test_message_is_sent_once_with_its_values_and_then_forgets_them(session_factory, begin, queue, keys) -> None:
    message_id, recorder = queue(), Recorder()
    outlet = Outlet("sms", recorder, keys, 100)
    assert send_due(begin, outlet) == SendResult(sent=1)
    assert send_due(begin, outlet) == SendResult()
    assert [(each.id, each.recipient.contact) for each in recorder.sent] == [(message_id, PHONE)]
    assert recorder.sent[0].content.text.startswith("123456 is your Automart login code.")
    row = read(session_factory, message_id)
    assert (row.state, row.sealed_values) == ("sent", None)


def test_urdu_readers_get_urdu(begin, queue, keys) -> None:
    queue(language="ur")
    recorder = Recorder()
    send_due(begin, Outlet("sms", recorder, keys, 100))
    assert "آٹومارٹ" in recorder.sent[0].content.text


def test_table_holds_neither_number_nor_code(session_factory, queue) -> None:
    row = read(session_factory, queue())
    stored = repr(list(vars(row).values()))
    assert "3001234567" not in stored
    assert "123456" not in stored


def test_message_falls_with_the_transaction_that_queued_it(session_factory, keys) -> None:
    def fail_after_queueing() -> None:
        with transaction(session_factory) as session:
            queue_message(session, keys, PHONE, MessageText("otp_login", {"code": "123456"}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_queueing()
    with session_factory() as session:
        assert session.scalars(select(Message)).all() == []


@pytest.mark.parametrize(
    ("template", "values", "language"),
    [
        ("otp_logon", {"code": "1"}, "en"),
        ("otp_login", {}, "en"),
        ("otp_login", {"code": "1"}, "fr"),
        ("invitation", {"org": "x", "token": "y", "z": ""}, "en"),
    ],
)
def test_message_that_cannot_be_filled_in_is_refused_when_queued(session, keys, template, values, language) -> None:
    with pytest.raises(BadMessageError):
        queue_message(session, keys, PHONE, MessageText(template, values, language))


def test_every_template_can_be_filled_in_in_both_languages() -> None:
    for template in templates().values():
        for language in ("en", "ur"):
            text = template.render(language, dict.fromkeys(template.values, "VALUE"))
            assert text.text.count("VALUE") == len(template.values)
            assert "\n" not in text.subject


def test_value_with_a_line_break_makes_no_further_header() -> None:
    text = templates()["invitation"].render("en", {"org": "Khan\r\nBcc: all@example.org", "token": "t"})
    assert text.subject == "Khan Bcc: all@example.org invites you to Automart"


def test_message_waits_longer_after_each_failure_and_then_goes(session_factory, begin, queue, keys) -> None:
    message_id = queue("invitation", org="Khan Motors", token="t")
    recorder = Recorder(SenderUnavailableError("away"))
    now = utc_now()
    outlet = Outlet("sms", recorder, keys, 100, clock=lambda: now)
    pauses = []
    for _ in range(4):
        assert send_due(begin, outlet) == SendResult(waiting=1)
        assert send_due(begin, outlet) == SendResult()
        due = read(session_factory, message_id).next_attempt_at
        pauses.append((due - now).total_seconds())
        now = due
    assert pauses == [5, 10, 20, 40]
    recorder.failure = None
    assert send_due(begin, outlet) == SendResult(sent=1)


def test_outage_of_days_loses_no_message_that_is_still_of_use(session_factory, begin, queue, keys) -> None:
    message_id = queue("invitation", org="Khan Motors", token="t")
    now = utc_now()
    recorder = Recorder(SenderUnavailableError("away"))
    outlet = Outlet("sms", recorder, keys, 100, clock=lambda: now)
    for _ in range(50):
        assert send_due(begin, outlet) == SendResult(waiting=1)
        now += timedelta(hours=3)
    recorder.failure = None
    assert send_due(begin, outlet) == SendResult(sent=1)
    assert read(session_factory, message_id).attempts == 51


def test_outage_that_outlasts_the_use_of_a_message_ends_it(session_factory, begin, queue, keys) -> None:
    message_id = queue("invitation", org="Khan Motors", token="t")
    now = utc_now()
    outlet = Outlet("sms", Recorder(SenderUnavailableError("away")), keys, 100, clock=lambda: now)
    assert send_due(begin, outlet) == SendResult(waiting=1)
    now += timedelta(days=7)
    assert send_due(begin, outlet) == SendResult(expired=1)
    row = read(session_factory, message_id)
    assert (row.state, row.last_error, row.sealed_values) == ("expired", "away", None)


def test_refused_message_does_not_hold_up_the_next(begin, queue, keys) -> None:
    queue(), queue()
    outlet = Outlet("sms", Recorder(MessageRefusedError("no such number")), keys, 100)
    assert send_due(begin, outlet) == SendResult(failed=2)


def test_code_that_has_expired_is_not_sent_late(session_factory, begin, queue, keys) -> None:
    message_id, recorder = queue(), Recorder()
    outlet = Outlet("sms", recorder, keys, 100, clock=later(timedelta(minutes=5)))
    assert send_due(begin, outlet) == SendResult(expired=1)
    assert recorder.sent == []
    assert read(session_factory, message_id).state == "expired"


def test_hour_is_capped_with_one_alarm_and_goes_on_in_the_next(begin, queue, keys, caplog) -> None:
    for _ in range(5):
        queue("invitation", org="Khan Motors", token="t")
    now = utc_now()
    recorder = Recorder()
    outlet = Outlet("sms", recorder, keys, 3, clock=lambda: now)
    with caplog.at_level(logging.ERROR):
        assert send_due(begin, outlet) == SendResult(sent=3, capped=True)
        assert send_due(begin, outlet) == SendResult(capped=True)
    assert [record.getMessage()[:6] for record in caplog.records] == ["ALARM:"]
    now += timedelta(hours=1, seconds=1)
    assert send_due(begin, outlet) == SendResult(sent=2)


def test_two_processes_send_each_message_once(begin, queue, keys) -> None:
    for _ in range(20):
        queue()
    recorders = [Recorder(), Recorder()]
    threads = [threading.Thread(target=send_due, args=(begin, Outlet("sms", each, keys, 100))) for each in recorders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = [message.id for each in recorders for message in each.sent]
    assert (len(sent), len(set(sent))) == (20, 20)


def test_death_between_sending_and_committing_doubles_that_message_alone(begin, queue, keys) -> None:
    queue(), queue(), queue()

    class Dies(Recorder):
        def send(self, message: OutgoingMessage) -> None:
            super().send(message)
            if len(self.sent) == 2:
                raise KeyboardInterrupt

    first = Dies()
    with pytest.raises(KeyboardInterrupt):
        send_due(begin, Outlet("sms", first, keys, 100))
    second = Recorder()
    assert send_due(begin, Outlet("sms", second, keys, 100)) == SendResult(sent=2)
    sent = [message.id for message in first.sent + second.sent]
    assert (len(sent), len(set(sent))) == (4, 3)
