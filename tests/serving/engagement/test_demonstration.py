"""Sample traffic comes to the figures that it was made with, on every dealer's dashboard."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.platform import open_platform
from core.settings import Settings
from samples.traffic import BOT, TrafficCar, make_traffic
from serving.engagement import demonstration
from tests.factories.engagement import emptied_hours
from tests.factories.listings import add_listing

NOON = datetime.fromisoformat("2026-11-20T07:00:00+00:00")
CARS = [TrafficCar(str(UUID(int=n)), f"d{n % 3}", "Toyota", ("Corolla", "Yaris")[n % 2], "Lahore") for n in range(30)]


def test_month_of_traffic_is_the_same_for_a_seed_and_holds_what_real_traffic_does() -> None:
    traffic = make_traffic(CARS, NOON, days=30, sessions_a_day=20)
    assert traffic == make_traffic(CARS, NOON, days=30, sessions_a_day=20)
    assert traffic.lines != make_traffic(CARS, NOON, days=30, sessions_a_day=20, seed=1).lines
    truth, lines = traffic.truth, traffic.lines
    assert truth.accepted + truth.duplicates == sum(len(line["events"]) for line in lines)
    assert min(truth.duplicates, truth.apart, truth.bot_views) > 0
    skews = [datetime.fromisoformat(line["sent_at"]) - datetime.fromisoformat(line["received_at"]) for line in lines]
    assert any(abs(skew) > timedelta(minutes=2) for skew in skews)
    assert any(line["user_agent"] == BOT for line in lines)
    assert max(line["received_at"] for line in lines) <= NOON.isoformat(timespec="milliseconds")
    kinds = Counter(event["type"] for line in lines for event in line["events"])
    assert kinds["listing_impression"] > kinds["listing_view"] > kinds["search"] > kinds["whatsapp_click"] > 0


@pytest.mark.slow
def test_week_of_traffic_flows_to_dashboards_with_the_figures_that_it_was_made_with(
    session_factory: SessionFactory, environment: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demonstration, "DAYS", 2)
    monkeypatch.setattr(demonstration, "SESSIONS_A_DAY", 80)
    with emptied_hours(session_factory), open_platform(environment) as platform:
        with transaction(session_factory) as session:
            for number in range(24):
                add_listing(session, org=f"dealer-{number % 4}", model=("Corolla", "Yaris", "Vitz")[number % 3])
        shown = demonstration.demonstrate_traffic(platform, utc_now(), seed=7)
        assert shown is not None
        assert shown.wrong == []
        assert shown.figures["views"] > 10
        assert demonstration.demonstrate_traffic(platform, utc_now(), seed=7) is None
