"""The loop that `automart work` runs decides by the real price model, and tells sellers."""

import threading

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.messages import Message
from core.db.tables.moderation import ModerationCase
from core.db.tables.people import User
from core.identity.contacts import Contact, phone
from core.personal_data.sealer import Sealer
from core.platform import Platform
from core.security.platform_keys import PlatformKeys, open_keys
from core.settings import Settings
from core.storage import Storage
from core.work.loop import declared_loops
from core.work.worker import Worker
from pipelines.notifications.queue import opened_recipient, opened_values
from serving.identity.contact_book import ContactBook
from serving.moderation.notices import notify_sellers
from tests.conftest import KEYS
from tests.factories.moderation import add_ad, add_seller, status_of
from tests.serving.price_bands.test_service import promote
from tests.waiting import until


@pytest.fixture
def platform(settings: Settings, session_factory: SessionFactory, storage: Storage) -> Platform:
    return Platform(
        settings.model_copy(update={name: SecretStr(text) for name, text in KEYS.items()}), session_factory, storage
    )


def seller(factory: SessionFactory, keys: PlatformKeys, contact: Contact, language: str) -> User:
    with transaction(factory) as session:
        user = ContactBook(session, keys).owner_or_new(contact, utc_now())
        user.language = language
        return user


def test_loop_decides_by_the_price_model_and_tells_sellers_in_their_language(
    platform: Platform, session_factory: SessionFactory, storage: Storage, artefact: bytes
) -> None:
    keys, to = open_keys(platform.settings), phone("0301 7654321")
    user = seller(session_factory, keys, to, "ur")
    with transaction(session_factory) as session:
        promote(session, storage, artefact, "v1")
        fair = add_ad(session, user.id, price_pkr=3_000_000)
        cheap = add_ad(session, user.id, price_pkr=40_000, mileage_km=1)
        dirty = add_ad(session, user.id, description="www.example.pk", mileage_km=150_000)
    stop = threading.Event()
    worker = threading.Thread(target=Worker(platform, declared_loops("serving", ["moderation"]), stop).run)
    worker.start()
    try:
        until(lambda: len(told(session_factory, keys, to)) == 2)
        until(lambda: judged(session_factory) == 3)
    finally:
        stop.set()
        worker.join()
    assert status_of(session_factory, fair) == ("live", "platform")
    assert status_of(session_factory, cheap) == ("in_review", "person")
    assert status_of(session_factory, dirty) == ("rejected", "platform")
    assert any("لنک" in values.get("reason", "") for values in told(session_factory, keys, to))


def told(factory: SessionFactory, keys: PlatformKeys, contact: Contact) -> list[dict[str, str]]:
    with transaction(factory) as session:
        sealer = Sealer(session, keys)
        rows = session.scalars(select(Message).order_by(Message.id)).all()
        return [dict(opened_values(sealer, row)) for row in rows if opened_recipient(sealer, row).contact == contact]


def judged(factory: SessionFactory) -> int:
    with factory() as session:
        query = select(ModerationCase.id).where(ModerationCase.judged_sequence.is_not(None))
        return len(session.scalars(query).all())


def test_seller_without_a_contact_and_blocked_ones_hold_up_nobody(
    session_factory: SessionFactory, platform: Platform
) -> None:
    keys, to = open_keys(platform.settings), phone("0301 7654321")
    blocked = seller(session_factory, keys, phone("0302 7654321"), "en")
    fine = seller(session_factory, keys, to, "en")
    with transaction(session_factory) as session:
        session.merge(User(id=blocked.id, blocked_at=utc_now(), language="en"))
        ads = [add_ad(session, each, status="in_review") for each in (add_seller(session), blocked.id, fine.id)]
    with transaction(session_factory) as session:
        for ad in ads:
            case = session.scalars(select(ModerationCase).where(ModerationCase.listing_id == ad)).one()
            case.closed_at, case.outcome, case.decided_by = utc_now(), "approved", "rules"
    assert not notify_sellers(lambda: transaction(session_factory), keys, 10)
    assert [sorted(values) for values in told(session_factory, keys, to)] == [["car"]]
    with session_factory() as session:
        assert len(session.scalars(select(Message)).all()) == 1
        assert session.scalars(select(ModerationCase).where(ModerationCase.told_at.is_(None))).all() == []
