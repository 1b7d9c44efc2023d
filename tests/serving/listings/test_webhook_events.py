"""Partners and the stream of events are told the price and the state of a car, and no other column as it was."""

from dataclasses import asdict
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from core.outbox.events import LISTING, Event
from pipelines.engagement.following import happenings
from serving.listings.webhook_events import LISTING_WEBHOOKS

FORMER = {"title": "secret", "city": "secret", "area": None, "channels": ["secret"], "mileage_km": 4711}
CAR = uuid4()


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("live", "sold", ["listing.sold"]),
        ("live", "reserved", ["listing.reserved"]),
        ("live", "live", ["listing.price_changed"]),
        ("live", "withdrawn", ["listing.withdrawn"]),
        ("withdrawn", "live", ["listing.published"]),
    ],
)
def test_former_columns_are_told_to_nobody(old: str, new: str, names: list[str]) -> None:
    price = 2 if old == new else 1
    payload = {
        "old": {"state": old, "price_pkr": 1, "visibility": "private", **FORMER},
        "new": {"state": new, "price_pkr": price, "visibility": "public"},
    }
    event = Event(1, 0, LISTING, CAR, 2, "updated", uuid4(), None, (), payload, datetime(2026, 11, 27, tzinfo=UTC))
    told = {each.name: asdict(found) for each in LISTING_WEBHOOKS if (found := each.data(event)) is not None}
    assert list(told) == names
    captured = [value for _, facts in happenings(event, {}) for value in facts.values()]
    values = [*captured, *(value for facts in told.values() for value in facts.values())]
    assert set(values) <= {CAR, old, new, 1, 2, price}
    assert all(isinstance(value, UUID | str | int) for value in values)
