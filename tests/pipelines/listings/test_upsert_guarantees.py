"""Guarantees for any history of deliveries, in any order of rows, from several processes at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.db.tables import FeedFile, Listing, Org
from pipelines.listings.removal_limits import DEFAULT_LIMITS
from tests.examples import examples
from tests.pipelines.listings.conftest import cars, feed_file, stock, upsert

Stock = dict[str, int | None]  # key -> price
PRICES = st.one_of(st.none(), st.integers(100_000, 100_003))
STOCKS = st.dictionaries(st.sampled_from([f"K{number}" for number in range(12)]), PRICES, max_size=12)
DELIVERIES = st.lists(st.tuples(st.sampled_from(["full", "partial"]), STOCKS, st.randoms()), min_size=1, max_size=5)


def frame_of(delivered: Stock) -> pl.DataFrame:
    return cars(*({"source_key": key, "price_pkr": price} for key, price in delivered.items())) if delivered else NONE


NONE = stock(1).clear()


@contextmanager
def rolled_back(engine: Engine) -> Iterator[Session]:
    with engine.connect() as connection, connection.begin() as outer:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()


def live(session: Session) -> Stock:
    return dict(session.execute(select(Listing.source_key, Listing.price_pkr).where(Listing.status == "live")).all())


def kept_by_guard(before: Stock, delivered: Stock) -> bool:
    missing = len(before.keys() - delivered.keys())
    return not delivered or not DEFAULT_LIMITS.allow(missing, len(before))


@pytest.mark.slow
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DELIVERIES)
def test_listings_equal_the_last_delivered_rows(engine: Engine, deliveries: list[tuple[str, Stock, object]]) -> None:
    """Against a model of ten lines: counts add up, live cars and their last prices are right, events are complete."""
    expected: Stock = {}
    changes = 0
    with rolled_back(engine) as session:
        org = Org(code="any-motors", name="Any Motors")
        session.add(org)
        session.flush()
        for delivery, delivered, order in deliveries:
            file = feed_file(org.id)
            session.add(file)
            session.flush()
            shuffled = list(delivered.items())
            order.shuffle(shuffled)
            result = upsert(session, org.id, file, frame_of(dict(shuffled)), delivery=delivery)
            assert result.created + result.updated + result.unchanged == len(delivered)
            if delivery == "full" and not kept_by_guard(expected, delivered):
                expected = {key: price for key, price in expected.items() if key in delivered}
            expected |= delivered
            changes += result.created + result.updated + result.removed
            assert live(session) == expected
        last_price = (
            "SELECT count(*) FROM listings l WHERE l.price_pkr IS DISTINCT FROM (SELECT p.price_pkr FROM"
            " listing_price_history p WHERE p.listing_id = l.id ORDER BY p.observed_at DESC LIMIT 1)"
        )
        assert session.scalar(text(last_price)) == 0
        assert session.scalar(text("SELECT count(*) FROM outbox_changes")) == changes


def committed_org(factory: SessionFactory) -> Org:
    with transaction(factory) as session:
        org = Org(code="busy-motors", name="Busy Motors")
        session.add(org)
    return org


def deliver(factory: SessionFactory, org: Org, frame: pl.DataFrame, *, killed: bool = False) -> tuple[int, int, int]:
    with transaction(factory) as session:
        file: FeedFile = feed_file(org.id)
        session.add(file)
        session.flush()
        result = upsert(session, org.id, file, frame, delivery="full")
        if killed:
            raise KeyboardInterrupt
        return result.created, result.updated, result.unchanged


def test_deliveries_of_one_dealer_at_once_take_turns(session_factory: SessionFactory) -> None:
    org = committed_org(session_factory)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: deliver(session_factory, org, stock(200)), range(4)))
    assert sorted(results) == [(0, 0, 200)] * 3 + [(200, 0, 0)]
    with session_factory() as session:
        assert session.scalar(text("SELECT count(*) FROM outbox_changes")) == 200
        assert session.scalar(text("SELECT count(*) FROM listing_price_history")) == 200


def test_failed_delivery_changes_nothing(session_factory: SessionFactory) -> None:
    org = committed_org(session_factory)
    with pytest.raises(KeyboardInterrupt):
        deliver(session_factory, org, stock(5), killed=True)
    with session_factory() as session:
        assert session.scalar(select(func.count()).select_from(Listing)) == 0
    assert deliver(session_factory, org, stock(5)) == (5, 0, 0)
