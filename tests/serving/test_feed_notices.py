"""The administrators of a dealer are told of each file that matters, once, and can read its report."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from core.access.roles import Role
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.messages import Message
from core.declarations import MessageAbout
from core.identity.contacts import Contact
from core.identity.orgs import add_org, get_org
from core.outbox.follow import following
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys, open_keys
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.consumers import NOTICES
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.deliveries.register import store_and_register
from pipelines.feeds.mapping.store import load_mapping
from pipelines.imports.pending.import_pending import import_pending
from pipelines.notifications.queue import opened_values
from serving.feeds.report.notices import newest_told, notifying_dealers
from tests.api.people import People
from tests.factories.turns import OneTurn

pytestmark = pytest.mark.slow
HEAD = "Stock No,Make,Model,Year,Demand\n"
ADMIN = Contact("email", "boss@khan.example")
Deliver = Callable[..., list[tuple[str, str, str]]]


def cars(*numbers: int, price: str = "45 lacs") -> str:
    return HEAD + "".join(f"K{number},Toyota,Corolla,2018,{price}\n" for number in numbers)


@pytest.fixture
def keys(settings: Settings) -> PlatformKeys:
    return open_keys(settings)


@pytest.fixture
def people(session_factory: SessionFactory, keys: PlatformKeys) -> People:
    with transaction(session_factory) as session:
        add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")
    made = People(session_factory, keys)
    made.person(("khan-motors", Role.ORG_ADMIN), contact=ADMIN)
    made.person(("khan-motors", Role.SALES_AGENT), contact=Contact("email", "agent@khan.example"))
    made.person(("other", Role.ORG_ADMIN), contact=Contact("email", "boss@other.example"))
    return made


@pytest.fixture
def deliver(session_factory: SessionFactory, storage: Storage, people: People) -> Deliver:
    """Import a file and return the messages that were queued by it: template, file, report."""
    seen: set[object] = set()
    handle = notifying_dealers(people.keys, "https://api.example")

    def delivered(content: str, dealer: str = "khan-motors") -> list[tuple[str, str, str]]:
        with transaction(session_factory) as session:
            org = get_org(session, dealer)
            delivery = Delivery(org, "stock.csv", content.encode(), load_mapping("showroom"))
            store_and_register(session, storage, delivery, received_at=utc_now(), now=utc_now())
        import_pending(session_factory, storage, run_id="test")
        while following(NOTICES, handle)(OneTurn(session_factory)):
            pass
        return list(_queued(session_factory, people.keys, seen))

    return delivered


def _queued(sessions: SessionFactory, keys: PlatformKeys, seen: set[object]) -> Iterator[tuple[str, str, str]]:
    with sessions() as session:
        sealer = Sealer(session, keys)
        for row in session.scalars(select(Message).where(Message.state == "queued").order_by(Message.id)):
            if row.id not in seen:
                seen.add(row.id)
                values = opened_values(sealer, row)
                yield row.template, row.channel, values["report"].replace(str(row.subject_id), "ID")


def sent(sessions: SessionFactory, ago: timedelta) -> None:
    """Make all messages sent ones of so long ago, as the sending loops leave them."""
    with transaction(sessions) as session:
        session.execute(
            text(
                "UPDATE messages SET state = 'sent', sent_at = now() - :ago, sealed_values = NULL,"
                " sealed_recipient = NULL, blind_index = NULL WHERE state IN ('queued', 'sent')"
            ),
            {"ago": ago},
        )


TOLD = ("feed_applied", "email", "https://api.example/v1/feeds/khan-motors/files/ID/report")


def test_administrators_alone_are_told_of_a_file_that_changed_something(deliver: Deliver) -> None:
    assert deliver(cars(1, 2)) == [TOLD]
    assert deliver(cars(1, 2, 3)) == [TOLD]


def test_file_that_changed_nothing_is_not_told(deliver: Deliver) -> None:
    assert deliver(cars(1, 2)) == [TOLD]
    assert deliver(cars(1, 2)) == []
    assert deliver(cars(2, 1)) == []  # other bytes, the same cars
    assert deliver(cars(2, 1) + "K9,Toyota,,2018,45 lacs\n") == [TOLD]  # a reject that is new
    assert deliver("\n" + cars(1, 2) + "K9,Toyota,,2018,45 lacs\n") == []


def test_refused_file_is_told_once_for_its_reason(deliver: Deliver) -> None:
    assert [template for template, *_ in deliver("not,a,stock\n1,2,3\n")] == ["feed_refused"]
    assert deliver("not,a,stock\n4,5,6\n") == []
    assert [template for template, *_ in deliver("")] == ["feed_refused"]


def test_applied_files_are_told_at_most_once_in_six_hours(deliver: Deliver, session_factory: SessionFactory) -> None:
    assert deliver(cars(*range(30))) == [TOLD]
    sent(session_factory, timedelta(hours=1))
    assert deliver(cars(*range(31))) == []
    assert deliver(cars(1, 2)) == [TOLD]  # most are missing: it waits for a decision, and so does not wait here
    sent(session_factory, timedelta(hours=7))
    assert deliver(cars(*range(32))) == [TOLD]


def test_message_that_a_later_file_overtook_is_dropped(deliver: Deliver, session_factory: SessionFactory) -> None:
    """Through a night of quiet hours only the last file's report stays; a member who left gets none."""
    deliver(cars(1))
    deliver(cars(1, 2))
    with session_factory() as session:
        rows = session.scalars(select(Message).order_by(Message.id)).all()
        about = [MessageAbout(row.subject_id, row.reader_id, row.facts, utc_now()) for row in rows if row.subject_id]
        assert [newest_told(session, each) for each in about] == [False, True]
        session.execute(text("DELETE FROM memberships"))
        assert [newest_told(session, each) for each in about] == [False, False]


def test_file_of_one_dealer_silences_none_of_another_with_the_same_administrator(
    deliver: Deliver, session_factory: SessionFactory, people: People
) -> None:
    people.person(("other", Role.ORG_ADMIN), contact=ADMIN)
    assert deliver(cars(1)) == [TOLD]
    assert len(deliver(cars(1), "other")) == 2  # its own administrator, and the one of both
    with session_factory() as session:
        first = session.scalars(select(Message).order_by(Message.id)).first()
        assert first is not None
        assert first.subject_id is not None
        assert newest_told(session, MessageAbout(first.subject_id, first.reader_id, first.facts, utc_now()))
    sent(session_factory, timedelta(hours=1))
    assert deliver(cars(1, 2)) == []
    with transaction(session_factory) as session:
        session.execute(text("DELETE FROM messages WHERE subject_id IN (SELECT f.id FROM feed_files f"
                             " JOIN orgs o ON o.id = f.org_id WHERE o.code = 'other')"))  # fmt: skip
    assert len(deliver(cars(1, 2), "other")) == 2


def test_turned_off_and_urdu_are_heeded(deliver: Deliver, session_factory: SessionFactory, people: People) -> None:
    with transaction(session_factory) as session:
        session.execute(text("UPDATE users SET language = 'ur'"))
    deliver(cars(1))
    with session_factory() as session:
        assert session.scalars(select(Message.language).order_by(Message.id)).all() == ["ur"]
        session.execute(
            text(
                "INSERT INTO notification_preferences (user_id, channels, timezone, changed_at)"
                " SELECT id, '{\"feed_reports\": []}', 'Asia/Karachi', now() FROM users"
            )
        )
        session.commit()
    assert deliver(cars(1, 2)) == []
    assert people.messages(ADMIN)
