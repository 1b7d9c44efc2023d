"""A dealer with a car, a partner's server on loopback, and a clock that the test moves."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from core.db.session import SessionFactory, transaction
from core.db.tables.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from core.outbox.follow import following
from core.security.platform_keys import PlatformKeys, open_keys
from core.settings import Settings
from pipelines.webhooks import dispatching, fan_out
from pipelines.webhooks.consumers import QUEUE
from pipelines.webhooks.fan_out import fan_out as queue_events
from tests.factories.listings import add_listing, dealer
from tests.factories.turns import OneTurn
from tests.factories.webhooks import Partner, desk, partner, send_due

PRICE = "listing.price_changed"
START = datetime(2026, 5, 2, 8, tzinfo=UTC)


class Clock:
    """The time of sending, moved by the test."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (dispatching, fan_out):
        monkeypatch.setattr(module, "utc_now", clock)
    monkeypatch.setattr("tests.factories.webhooks.utc_now", clock)

    class Shifted(datetime):
        """The official library refuses messages of another time than its own."""

        @classmethod
        def now(cls, tz: Any = None) -> Any:
            assert tz is not None
            return clock.now

    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Shifted)
    return clock


@pytest.fixture
def keys(settings: Settings) -> PlatformKeys:
    return open_keys(settings)


@pytest.fixture
def here() -> Iterator[Partner]:
    with partner() as here:
        yield here


class Stage:
    """A dealer with a car, and what happens to them."""

    def __init__(self, factory: SessionFactory, keys: PlatformKeys) -> None:
        self.factory, self.keys = factory, keys
        with transaction(factory) as session:
            self.org_id = dealer(session, "khan-motors").id
            self.car = add_listing(session, org="khan-motors", price_pkr=1_000_000)
        self.queue()

    def queue(self) -> None:
        while following(QUEUE, queue_events)(OneTurn(self.factory)):
            pass

    def price(self, *prices: int, car: UUID | None = None) -> None:
        for price in prices:
            with transaction(self.factory) as session:
                session.execute(
                    text("UPDATE listings SET price_pkr = :price WHERE id = :id"),
                    {"price": price, "id": car or self.car},
                )
        self.queue()

    def send(self) -> int:
        return send_due(self.factory, self.keys)

    def endpoint(self, webhook_id: UUID) -> WebhookEndpoint:
        with transaction(self.factory) as session:
            return session.get_one(WebhookEndpoint, webhook_id)

    def outcomes(self) -> list[tuple[str, str | None]]:
        with transaction(self.factory) as session:
            rows = session.scalars(
                select(WebhookDelivery).where(WebhookDelivery.is_ping.is_(False)).order_by(WebhookDelivery.id)
            )
            return [(row.outcome, row.outcome_reason) for row in rows]

    def codes(self) -> list[str]:
        with transaction(self.factory) as session:
            return list(session.scalars(select(WebhookAttempt.code).order_by(WebhookAttempt.id)))

    def desk(self, session: Any) -> Any:
        return desk(session, self.keys, self.org_id)


@pytest.fixture
def stage(session_factory: SessionFactory, keys: PlatformKeys, clock: Clock) -> Stage:
    assert clock
    return Stage(session_factory, keys)
