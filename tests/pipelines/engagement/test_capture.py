"""Capture on the database: hours, lateness, repeats over processes and days, moves, caps and erasures."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.db.tables import Org
from pipelines.engagement.capture import caps
from pipelines.engagement.capture.batch import Caller
from pipelines.engagement.capture.capturing import capture
from pipelines.engagement.hours import (
    closable_hours,
    close_hour,
    cut_supplement,
    drop_hour,
    read_hour,
    read_supplement,
    seal_hour,
    sealable_hours,
    supplements_waiting,
)
from tests.factories.batches import NOW, READER, sent_batch, sent_event
from tests.factories.listings import add_listing, change_listing, dealer

HOUR = timedelta(hours=1)
THIS = NOW.replace(minute=0)
Found = list[tuple[str, str | None]]


def sent(session: Session, received_at: datetime, *batches: dict[str, Any]) -> Found:
    read = [READER.read(batch, received_at, Caller()) for batch in batches]
    return [(each.status, each.code) for answers in capture(session, read) for each in answers]


@pytest.fixture
def car(session: Session) -> UUID:
    return add_listing(session)


def rows(session: Session, table: str, columns: str) -> list[tuple[Any, ...]]:
    found = session.execute(text(f"SELECT {columns} FROM engagement_{table} ORDER BY received_at, at, event_id"))
    return [tuple(row) for row in found]


@pytest.mark.parametrize(
    ("age", "table", "told"),
    [
        (timedelta(0), "events", (False,)),
        (-timedelta(seconds=60), "events", (False,)),
        (-timedelta(seconds=61), "apart_events", ("future",)),
        (timedelta(hours=72), "events", (True,)),
        (timedelta(hours=72, microseconds=1), "apart_events", ("late",)),
    ],
)
def test_event_lands_in_its_hour_or_apart(
    session: Session, car: UUID, age: timedelta, table: str, told: tuple[Any, ...]
) -> None:
    event = sent_event(car, at=NOW - age)
    assert sent(session, NOW, sent_batch(event, sent_at=NOW.isoformat())) == [("accepted", None)]
    column = "after_close" if table == "events" else "reason"
    assert rows(session, table, column) == [told]


def test_clock_that_is_wrong_is_corrected_and_a_phone_that_was_offline_is_not(session: Session, car: UUID) -> None:
    wrong = sent_batch(sent_event(car, at=NOW - 3 * HOUR), at=NOW - 3 * HOUR, device_id="slow clock")
    right = sent_batch(at=NOW)
    offline = sent_batch(sent_event(car, at=NOW - 3 * HOUR), at=NOW)
    stale = sent_batch(sent_event(car, at=NOW - 2 * HOUR), at=NOW - 2 * HOUR)
    sent(session, NOW + timedelta(seconds=5), wrong, right, offline)
    sent(session, NOW + timedelta(seconds=9), stale)
    assert sorted(hour for (hour,) in rows(session, "events", "hour")) == [THIS - 3 * HOUR, THIS - 2 * HOUR, THIS]


def test_repeat_over_the_end_of_an_hour_counts_where_it_was_first(session: Session, car: UUID) -> None:
    event = sent_event(car, at=NOW)
    assert sent(session, NOW, sent_batch(event, event), sent_batch(event | {"position": 4})) == [
        ("accepted", None),
        ("duplicate", None),
        ("rejected", "id_reused"),
    ]
    later = NOW + 2 * HOUR
    assert sent(session, later, sent_batch(event, at=later)) == [("duplicate", None)]
    refused = session.execute(text("SELECT hour, answer FROM engagement_refusals ORDER BY received_at, answer"))
    assert [tuple(row) for row in refused] == [(THIS, "duplicate"), (THIS, "rejected"), (THIS, "duplicate")]
    week = NOW + timedelta(days=7)
    assert sent(session, week, sent_batch(event, at=week)) == [("duplicate", None)]
    after = week + timedelta(seconds=1)
    assert sent(session, after, sent_batch(event, at=after)) == [("accepted", None)]


def test_late_events_fill_numbered_supplements_until_the_hour_is_sealed(session: Session, car: UUID) -> None:
    def late(received_at: datetime) -> Found:
        return sent(session, received_at, sent_batch(sent_event(car, at=NOW), sent_at=received_at.isoformat()))

    sent(session, NOW, sent_batch(sent_event(car)))
    assert closable_hours(session, THIS + HOUR + timedelta(minutes=10)) == [THIS]
    assert closable_hours(session, THIS + HOUR + timedelta(minutes=9, seconds=59)) == []
    closed_at = THIS + HOUR + timedelta(minutes=10)
    close_hour(session, THIS, closed_at)
    assert cut_supplement(session, THIS) is None
    late(closed_at)
    late(closed_at)
    assert supplements_waiting(session) == [(THIS, 1)]
    assert cut_supplement(session, THIS) == 1
    late(closed_at + HOUR)
    assert (read_supplement(session, THIS, 1).height, read_supplement(session, THIS, 2).height) == (2, 1)
    assert read_supplement(session, THIS, 2)["after_close"].to_list() == [True]
    main = read_hour(session, THIS)
    assert main.select("hour", "at", "listing_id", "after_close", "session").row(0)[:4] == (THIS, NOW, str(car), False)
    assert sealable_hours(session, closed_at + 72 * HOUR) == [THIS]
    seal_hour(session, THIS, closed_at + 72 * HOUR)
    late(closed_at + 2 * HOUR)
    assert rows(session, "apart_events", "reason") == [("sealed",)]
    assert drop_hour(session, THIS)
    assert rows(session, "events", "type") == []


def test_event_is_stamped_with_where_its_listing_stood_at_its_time(session: Session, car: UUID) -> None:
    before = session.scalar(text("SELECT clock_timestamp()"))
    assert isinstance(before, datetime)
    first = session.scalar(text("SELECT org_id FROM listings"))
    other: Org = dealer(session, "other-motors")
    change = "UPDATE listings SET org_id = :org, city = 'Karachi', file_id = NULL, row_number = NULL, source = 'form'"
    session.execute(text(change), {"org": other.id})
    now = session.scalar(text("SELECT clock_timestamp()"))
    assert isinstance(now, datetime)
    events = [sent_event(car, at=before), sent_event(car, at=now)]
    sent(session, now, sent_batch(*events, sent_at=now.isoformat()))
    assert rows(session, "events", "org_id, city") == [(first, "Lahore"), (other.id, "Karachi")]


def test_car_that_was_removed_takes_events_of_before(session: Session, car: UUID) -> None:
    change_listing(session, car, status="withdrawn", removed_at=NOW)
    old, new = sent_event(car, at=NOW - HOUR), sent_event(car, at=NOW + timedelta(seconds=1))
    found = sent(session, NOW + timedelta(seconds=2), sent_batch(old, new))
    assert found == [("accepted", None), ("rejected", "listing_unknown")]


def test_device_counts_up_to_its_cap(session: Session, car: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caps, "MOST_VIEWS", 3)
    share = sent_event(car, type="share")
    for start in range(2):
        sent(
            session, NOW + start * HOUR, sent_batch(*[sent_event(car, at=NOW + start * HOUR) for _ in range(2)], share)
        )
    sent(session, NOW, sent_batch(sent_event(car), device_id="another phone"))
    marks = session.execute(text("SELECT mark, count(*) FROM engagement_events GROUP BY 1 ORDER BY 1"))
    assert [tuple(row) for row in marks] == [("none", 5), ("over_cap", 1)]


def test_events_of_before_an_erasure_are_refused(session: Session, car: UUID) -> None:
    device = READER.digests.device("phone-1")
    erase = "INSERT INTO engagement_erasures (kind, subject, erased_at) VALUES ('device', :device, :at)"
    session.execute(text(erase), {"device": device, "at": NOW})
    old, new = sent_event(car, at=NOW), sent_event(car, at=NOW + timedelta(seconds=1))
    assert sent(session, NOW, sent_batch(old, new)) == [("rejected", "erased"), ("accepted", None)]


def test_processes_that_send_the_same_at_once_accept_each_event_once(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        cars = [add_listing(session) for _ in range(3)]
    batches = [
        sent_batch(
            *[sent_event(car, at=NOW - hours * HOUR) for car in cars for hours in range(4)], device_id=f"d{number}"
        )
        for number in range(6)
    ]

    def deliver(order: Sequence[dict[str, Any]]) -> Found:
        found: Found = []
        for batch in order:
            with transaction(session_factory) as session:
                found += sent(session, NOW, batch)
        return found

    with ThreadPoolExecutor(4) as threads:
        orders = [batches, batches[::-1], batches[3:] + batches[:3], batches]
        told = [each for found in threads.map(deliver, orders) for each in found]
    assert told.count(("accepted", None)) == 72
    assert told.count(("duplicate", None)) == 3 * 72
    with transaction(session_factory) as session:
        assert session.scalar(text("SELECT count(DISTINCT (device, event_id)) FROM engagement_events")) == 72
        assert session.scalar(text("SELECT count(*) FROM engagement_events")) == 72
