"""The demo's webhook is received and verified, and leaves the market as it was."""

from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.platform import open_platform
from core.settings import Settings
from serving.webhooks.demonstration import demonstrate
from tests.factories.listings import add_listing


def test_price_change_is_received_and_verified_and_the_price_is_put_back(
    environment: Settings, session_factory: SessionFactory
) -> None:
    with open_platform(environment) as platform:
        assert demonstrate(platform) is None, "there is no car yet"
        with transaction(session_factory) as session:
            car = add_listing(session, price_pkr=3_500_000)
        received = demonstrate(platform)
    assert received is not None
    assert received.problem is None
    assert received.body["data"] == {"listing_id": str(car), "old_price_pkr": 3_500_000, "new_price_pkr": 3_450_000}
    with transaction(session_factory) as session:
        assert session.scalar(text("SELECT price_pkr FROM listings")) == 3_500_000
        assert session.scalar(text("SELECT count(*) FROM webhook_endpoints WHERE deleted_at IS NULL")) == 0
