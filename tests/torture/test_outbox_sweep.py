"""A few interleavings and a smaller feed in every run of the suite; `make torture-outbox` is the long form."""

from pathlib import Path

from sqlalchemy import Engine

from core.db.session import SessionFactory
from tests.torture.outbox_sweep import interleavings, one_feed


def test_overlapping_transactions_are_told_to_each_consumer_once_and_in_order(
    engine: Engine, session_factory: SessionFactory
) -> None:
    done = interleavings(engine, 12, seed=3)
    assert done["wrong"] == []
    assert int(done["changes"]) > 200  # type: ignore[call-overload]
    assert int(done["undone"]) > 20  # type: ignore[call-overload]


def test_large_feed_is_told_car_by_car_with_old_and_new_price(
    engine: Engine, session_factory: SessionFactory, tmp_path: Path
) -> None:
    assert one_feed(engine, tmp_path, 12_000) == {"cars": 11_976, "events": 12_096, "wrong": []}
