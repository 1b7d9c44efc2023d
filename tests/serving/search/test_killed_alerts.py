"""Loops of saved searches that die before any of their commits tell each car once, and lose none."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.notifications import NotificationPreferences
from core.db.tables.saved_searches import SavedSearch
from core.identity.contacts import phone
from core.outbox.follow import following
from core.search import ListingFilters
from core.security.platform_keys import PlatformKeys, open_keys
from core.settings import Settings
from pipelines.search.alerts.canonical import filter_columns
from pipelines.search.alerts.following import keeping_matches
from pipelines.search.consumers import ALERTS
from serving.identity.contact_book import ContactBook
from serving.search.saved.alerting import send_due_alerts
from tests.conftest import KEYS
from tests.factories.listings import add_listing

CARS = 5
SEARCHES = 3


class KilledError(Exception):
    """Stands for a kill: whatever was not committed is gone."""


class Mortal:
    """Means of a turn whose process dies before the commit of a number of its choosing."""

    stopping = False

    def __init__(self, factory: SessionFactory, dies_at: int) -> None:
        self._factory, self._left = factory, dies_at

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with transaction(self._factory) as session:
            yield session
            session.flush()
            self._left -= 1
            if self._left == 0:
                raise KilledError


@pytest.fixture
def keys(settings: Settings) -> PlatformKeys:
    return open_keys(settings.model_copy(update={name: SecretStr(each) for name, each in KEYS.items()}))


def saved(session: Session, keys: PlatformKeys, number: int) -> None:
    owner = ContactBook(session, keys).owner_or_new(phone(f"0301 765432{number}"), utc_now())
    session.add(NotificationPreferences(user_id=owner.id, timezone="UTC", changed_at=utc_now()))
    session.add(
        SavedSearch(
            user_id=owner.id, name="x", search="q=x", understood={}, channel="automart", frequency="instant",
            new_match=True, price_drop=True, since=utc_now(), words="",
            **filter_columns(ListingFilters(make=("Toyota",))),
        )
    )  # fmt: skip


@pytest.mark.parametrize("dies_at", range(1, 8))
def test_each_car_is_told_once(session_factory: SessionFactory, keys: PlatformKeys, dies_at: int) -> None:
    with transaction(session_factory) as session:
        for number in range(SEARCHES):
            saved(session, keys, number)
        for _ in range(CARS):
            add_listing(session)
    for means in (Mortal(session_factory, dies_at), Mortal(session_factory, dies_at), Mortal(session_factory, 0)):
        try:
            follow = following(ALERTS, keeping_matches(), most=2)
            while follow(means):
                pass
            while send_due_alerts(means.transaction, keys, 1):
                pass
        except KilledError:
            continue
    with session_factory() as session:
        scalar = session.scalar
        assert scalar(text("SELECT count(*) FROM saved_search_matches WHERE told_at IS NOT NULL")) == CARS * SEARCHES
        assert scalar(text("SELECT count(*) FROM saved_search_matches WHERE told_at IS NULL")) == 0
        assert scalar(text("SELECT count(*) FROM messages WHERE template = 'saved_search'")) == SEARCHES
