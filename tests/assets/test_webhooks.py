"""The daily count of webhooks' deliveries, with its checks, on what was really sent."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import pytest
from sqlalchemy import Engine, text

from assets.definitions import defs
from assets.keys import DELIVERIES_DAILY
from core.db.session import SessionFactory, transaction
from core.outbox.follow import following
from core.security.platform_keys import open_keys
from core.settings import Settings
from pipelines.webhooks.consumers import QUEUE
from pipelines.webhooks.fan_out import fan_out
from tests.factories.listings import add_listing, dealer
from tests.factories.turns import OneTurn
from tests.factories.webhooks import partner, send_due, subscribe


@pytest.fixture
def instance(environment: Settings) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def checked(instance: dg.DagsterInstance) -> dict[str, bool]:
    result = defs().resolve_job_def("webhook_deliveries").execute_in_process(instance=instance)
    assert result.success
    return {each.check_name: each.passed for each in result.get_asset_check_evaluations()}


def test_day_is_counted_and_what_does_not_move_is_named(
    instance: dg.DagsterInstance, environment: Settings, session_factory: SessionFactory, admin_engine: Engine
) -> None:
    keys = open_keys(environment)
    with transaction(session_factory) as session:
        org_id, car = dealer(session, "khan-motors").id, add_listing(session)
    with partner() as here:
        subscribe(session_factory, keys, org_id, here, "listing.price_changed")
        for price in (5, 6):
            with transaction(session_factory) as session:
                session.execute(
                    text("UPDATE listings SET price_pkr = :price WHERE id = :id"), {"price": price, "id": car}
                )
        following(QUEUE, fan_out)(OneTurn(session_factory))
        while send_due(session_factory, keys):
            pass
    assert checked(instance) == {"no_delivery_is_stuck": True, "lag_is_under_a_minute": True}
    event = instance.get_latest_materialization_event(DELIVERIES_DAILY)
    assert event is not None
    assert event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    assert (metadata["delivered"].value, metadata["failed"].value) == (2, 0)
    assert "success by webhook" in str(metadata["success"].value)

    earlier = {"by": timedelta(hours=2)}
    with admin_engine.begin() as connection:
        connection.execute(text("UPDATE webhook_attempts SET at = at - :by"), earlier)
        connection.execute(
            text("UPDATE webhook_deliveries SET created_at = created_at - 2 * CAST(:by AS interval)"), earlier
        )
        connection.execute(text("UPDATE webhook_deliveries SET outcome = 'waiting', due_at = due_at - :by"), earlier)
    assert checked(instance) == {"no_delivery_is_stuck": False, "lag_is_under_a_minute": False}
