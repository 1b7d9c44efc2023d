"""The daily watch takes cars as new whose price was first seen since the model was trained."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from pipelines.price_bands.monitoring_repository import PriceWatchRepository
from tests.factories.listings import add_listing

TRAINED, BEFORE, AFTER = (datetime(2026, 5, day, tzinfo=UTC) for day in (10, 1, 20))


def test_cars_that_came_or_changed_their_price_since_the_training_are_new(session: Session) -> None:
    add_listing(session, source_key="came", created_at=AFTER)
    add_listing(session, source_key="was there", created_at=BEFORE)
    changed = add_listing(session, source_key="changed", created_at=BEFORE)
    session.execute(text("UPDATE listings SET price_pkr = 1_000_000 WHERE id = :id"), {"id": changed})
    session.execute(
        text("INSERT INTO listing_prices (listing_id, price_pkr, observed_at, source) VALUES (:id, 1, :at, 'form')"),
        {"id": changed, "at": AFTER},
    )
    ads = PriceWatchRepository(session).ads_since(TRAINED).sort("source_key")
    assert dict(ads.select("source_key", "is_new").iter_rows()) == {"came": True, "changed": True, "was there": False}
