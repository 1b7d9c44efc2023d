"""A private seller hears once of each term that ends, while the ad can still be renewed."""

from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.db.tables.messages import Message
from core.identity.contacts import Contact, phone
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys, open_keys
from core.settings import Settings
from pipelines.notifications.queue import opened_recipient, opened_values
from serving.identity.contact_book import ContactBook
from serving.listings.notices import Term, warn_sellers
from tests.conftest import KEYS
from tests.factories.moderation import add_ad, add_seller

TERM = Term(timedelta(days=60), timedelta(days=5))
TO = phone("0301 7654321")
DAY = timedelta(days=1)


@pytest.fixture
def keys(settings: Settings) -> PlatformKeys:
    return open_keys(settings.model_copy(update={name: SecretStr(text) for name, text in KEYS.items()}))


def ad(session: Session, keys: PlatformKeys, age: timedelta, **columns: object) -> Listing:
    seller = ContactBook(session, keys).owner_or_new(TO, utc_now())
    seller.language = "ur"
    given = {"status": "live", "renewed_at": utc_now() - age} | columns
    return session.get_one(Listing, add_ad(session, seller.id, **given))


def warn(factory: SessionFactory, keys: PlatformKeys, later: timedelta = timedelta(0), term: Term = TERM) -> None:
    while warn_sellers(lambda: transaction(factory), keys, utc_now() + later, term, 2):
        pass


def told(factory: SessionFactory, keys: PlatformKeys) -> list[tuple[Contact | None, str, str, str]]:
    with factory() as session:
        sealer = Sealer(session, keys)
        rows = session.scalars(select(Message).order_by(Message.id)).all()
        values = [dict(opened_values(sealer, row)) for row in rows]
        return [
            (opened_recipient(sealer, row).contact, row.template, row.language, given["days"])
            for row, given in zip(rows, values, strict=True)
        ]


def test_seller_is_told_once_a_term(session_factory: SessionFactory, keys: PlatformKeys) -> None:
    with transaction(session_factory) as session:
        mine = ad(session, keys, 57 * DAY).id
    warn(session_factory, keys)
    warn(session_factory, keys, DAY)
    assert told(session_factory, keys) == [(TO, "ad_expires", "ur", "3")]
    with transaction(session_factory) as session:
        session.get_one(Listing, mine).renewed_at = utc_now()
    warn(session_factory, keys, 54 * DAY)
    assert len(told(session_factory, keys)) == 1
    warn(session_factory, keys, 56 * DAY)
    assert [each[3] for each in told(session_factory, keys)] == ["3", "4"]


def test_only_ads_whose_term_is_about_to_end_are_told_of(session_factory: SessionFactory, keys: PlatformKeys) -> None:
    with transaction(session_factory) as session:
        for age in (54 * DAY, 61 * DAY):
            ad(session, keys, age)
        for status in ("draft", "in_review", "reserved", "sold", "withdrawn", "expired", "rejected"):
            ad(session, keys, 57 * DAY, status=status)
    warn(session_factory, keys)
    assert told(session_factory, keys) == []


def test_seller_without_a_contact_holds_up_nobody(session_factory: SessionFactory, keys: PlatformKeys) -> None:
    with transaction(session_factory) as session:
        for number in range(5):
            add_ad(session, add_seller(session), status="live", renewed_at=utc_now() - 57 * DAY - number * DAY / 100)
        ad(session, keys, 56 * DAY)
    warn(session_factory, keys)
    assert [each[3] for each in told(session_factory, keys)] == ["4"]


def test_no_days_of_warning_are_no_messages(session_factory: SessionFactory, keys: PlatformKeys) -> None:
    with transaction(session_factory) as session:
        ad(session, keys, 60 * DAY - timedelta(seconds=30))
    warn(session_factory, keys, term=Term(timedelta(days=60), timedelta(0)))
    assert told(session_factory, keys) == []
