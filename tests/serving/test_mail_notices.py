"""The administrators of a dealer are told of each mail that delivered nothing, once, and nobody answers a machine."""

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import FeedSource
from core.db.tables.messages import Message
from core.declarations import MessageAbout
from core.identity.contacts import Contact
from core.identity.orgs import add_org
from core.outbox.follow import following
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys, open_keys
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.consumers import NOTICES
from pipelines.feeds.mail.addresses import MAIL
from pipelines.feeds.mail.maildir import take_mail
from pipelines.feeds.pull.sources import NewSource, add_source_or_mail
from pipelines.notifications.queue import opened_values
from serving.feeds.report.mail_notices import still_administered
from serving.feeds.report.notices import notifying_dealers
from tests.api.people import People
from tests.factories.turns import OneTurn

pytestmark = pytest.mark.slow
Send = Callable[..., list[str]]


@pytest.fixture
def keys(settings: Settings) -> PlatformKeys:
    return open_keys(settings)


@pytest.fixture
def mail_settings(settings: Settings, tmp_path: Path) -> Settings:
    changes = {"feed_maildir": tmp_path, "feed_mail_domain": "feeds.example", "feed_max_mail_mb": 1}
    return settings.model_copy(update=changes)


@pytest.fixture
def address(session_factory: SessionFactory, storage: Storage, mail_settings: Settings, keys: PlatformKeys) -> str:
    with transaction(session_factory) as session:
        org = add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
        source = add_source_or_mail(session, storage, org, NewSource(MAIL), mail_settings)
        found = source.url.removeprefix(MAIL)
    people = People(session_factory, keys)
    people.person(("khan-motors", Role.ORG_ADMIN), contact=Contact("email", "boss@khan.example"))
    people.person(("khan-motors", Role.SALES_AGENT), contact=Contact("email", "agent@khan.example"))
    people.person(("other", Role.ORG_ADMIN), contact=Contact("email", "boss@other.example"))
    return found


@pytest.fixture
def send(
    session_factory: SessionFactory,
    storage: Storage,
    mail_settings: Settings,
    tmp_path: Path,
    keys: PlatformKeys,
    address: str,
) -> Send:
    """Lay a mail into the maildir, take it, and return the reasons of all messages that are queued now."""
    handle = notifying_dealers(keys, "https://api.example")
    (tmp_path / "new").mkdir()

    def sent(mail: bytes, name: str = "1.mail") -> list[str]:
        (tmp_path / "new" / name).write_bytes(mail)
        take_mail(session_factory, storage, mail_settings, utc_now())
        while following(NOTICES, handle)(OneTurn(session_factory)):
            pass
        with session_factory() as session:
            rows = session.scalars(select(Message).where(Message.state == "queued").order_by(Message.id)).all()
            assert {(row.template, row.channel) for row in rows} <= {("feed_mail_refused", "email")}
            return [opened_values(Sealer(session, keys), row)["reason"] for row in rows]

    return sent


def mail(to: str, body: str = "Our stock.", **headers: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "boss@khan.example", to, "stock"
    made["Date"] = "Mon, 02 Mar 2026 09:00:00 +0500"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(body)
    return made.as_bytes()


def test_administrators_are_told_once_of_a_mail_without_a_list(send: Send, address: str) -> None:
    [reason] = send(mail(address))
    assert "stock list" in reason
    # Laid back into new/, as after a kill between the commit and the move: it is told already.
    assert send(mail(address), "1.mail:2,FS") == [reason]
    assert len(send(mail(address), "2.mail")) == 2


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"Return_Path": "<>"}])
def test_machines_are_not_answered(send: Send, address: str, headers: dict[str, str]) -> None:
    assert send(mail(address, **headers)) == []
    assert send(mail(address, "x" * 1_500_000, **headers), "2.mail") == []


def test_mail_to_nobody_is_told_to_nobody(send: Send) -> None:
    assert send(mail("khan-motors.wrong@feeds.example")) == []


def test_mail_that_is_too_large_is_told_too(send: Send, address: str) -> None:
    """It was refused before anybody knew for whom it was."""
    [reason] = send(mail(address, "word " * 400_000))
    assert "larger than 1 MB" in reason


def test_message_is_dropped_once_the_source_is_gone(send: Send, address: str, session_factory: SessionFactory) -> None:
    assert len(send(mail(address))) == 1
    with transaction(session_factory) as session:
        row = session.scalars(select(Message)).one()
        assert row.subject_id is not None
        about = MessageAbout(row.subject_id, row.reader_id, row.facts, utc_now())
        assert still_administered(session, about)
        session.delete(session.scalars(select(FeedSource)).one())
        session.flush()
        assert not still_administered(session, about)
