"""Checks of counted events name floods, collapses, missing hours and events that are counted otherwise."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from core.db.session import Transaction
from core.db.tables.engagement_aggregates import EngagementAggregate
from core.storage import Storage
from pipelines.engagement.aggregates.measures import COUNTS
from pipelines.engagement.aggregates.ranges import count_range
from pipelines.engagement.capture import caps
from pipelines.engagement.capture.batch import Caller
from pipelines.engagement.capture.capturing import capture
from pipelines.engagement.cold.compacting import compact
from pipelines.engagement.days import DayRange
from pipelines.engagement.watching import (
    collapsed_views,
    counted_otherwise,
    counted_until,
    flooding_devices,
    missing_hours,
)
from tests.factories.batches import NOW, READER, sent_batch, sent_event
from tests.factories.engagement import HOUR, event, put_events
from tests.factories.listings import add_listing

ONE = timedelta(hours=1)
WEEK = timedelta(days=7)
ADD_VIEWS = text(
    "INSERT INTO engagement_device_days (device, day, events, views) VALUES (1, :day, :events, :views)"
    " ON CONFLICT (device, day) DO UPDATE SET events = :events, views = :views"
)


@pytest.mark.parametrize(
    ("events", "views", "floods"),
    [(caps.MOST_EVENTS, caps.MOST_VIEWS, 0), (caps.MOST_EVENTS + 1, 0, 1), (1, caps.MOST_VIEWS + 1, 1)],
)
def test_device_that_sends_more_than_counts_is_a_flood(session: Session, events: int, views: int, floods: int) -> None:
    session.execute(ADD_VIEWS, {"day": NOW.date(), "events": events, "views": views})
    assert flooding_devices(session, NOW.date()) == floods
    assert flooding_devices(session, NOW.date() + timedelta(days=1)) == 0


def test_flood_of_fresh_ids_raises_views_to_the_cap_and_is_noticed(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    car = add_listing(session)
    most = caps.MOST_VIEWS
    for _ in range(-(-(most + 100) // 500)):
        batch = READER.read(sent_batch(*[sent_event(car) for _ in range(500)], device_id="flood"), NOW, Caller())
        capture(session, [batch])
    views = "SELECT count(*) FROM engagement_events WHERE type = 'listing_view' AND mark = 'none'"
    assert session.scalar(text(views)) == most
    assert flooding_devices(session, NOW.date()) == 1


def test_hour_whose_sums_differ_from_its_files_is_named(opened: Transaction, storage: Storage) -> None:
    put_events(opened, [event(1), event(2, device=2)])
    later = HOUR + timedelta(days=1)
    compact(opened, storage, later)
    count_range(opened, storage, DayRange.of(HOUR), later)
    with opened() as session:
        assert counted_otherwise(session, storage, [HOUR, HOUR + ONE]) == []
        session.execute(text("UPDATE engagement_aggregates SET events = 3 WHERE dimension = 'all' AND grain = 'hour'"))
        (sentence,) = counted_otherwise(session, storage, [HOUR])
    assert "2 events in files, 2 different ones, 2 counted, 3 in the sums" in sentence


def test_hours_that_should_be_counted_by_now_are_missing_until_they_are(opened: Transaction, storage: Storage) -> None:
    put_events(opened, [event(1), event(2, at=HOUR + ONE)])
    due = HOUR + 2 * ONE + timedelta(minutes=30)
    with opened() as session:
        assert missing_hours(session, HOUR + timedelta(minutes=89)) == []
        assert missing_hours(session, due) == [HOUR, HOUR + ONE]
        assert counted_until(session, due) is None
    compact(opened, storage, due)
    count_range(opened, storage, DayRange.of(HOUR), due)
    with opened() as session:
        assert missing_hours(session, due) == []
        assert counted_until(session, due) == HOUR + 2 * ONE


@pytest.mark.parametrize(("usual", "now", "told"), [(100, 30, False), (100, 29, True), (49, 0, False), (50, 0, True)])
def test_views_under_a_third_of_past_weeks_have_collapsed(session: Session, usual: int, now: int, told: bool) -> None:
    hour = datetime(2026, 11, 20, 9, tzinfo=UTC)
    for week, views in enumerate((now, usual, usual, 10 * usual)):
        counts = dict.fromkeys(COUNTS, 0) | {"views": views, "visitors": 0, "sessions": 0}
        row = counts | {"grain": "hour", "starts": hour - week * WEEK, "dimension": "all", "key": ""}
        session.execute(insert(EngagementAggregate), row)
    assert (collapsed_views(session, hour) is not None) is told
