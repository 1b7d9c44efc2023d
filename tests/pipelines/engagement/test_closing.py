"""Hours close, are counted and merged without anybody asking for it, each once, and then their days."""

import threading
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from core.db.copy import copy_frame
from core.db.session import SessionFactory, Transaction
from core.platform import Platform
from core.settings import Settings
from core.storage import Storage
from core.work.worker import Worker
from pipelines.engagement.closing import PACE, ClosingResult, close_due
from pipelines.engagement.days import start_of
from pipelines.engagement.hours import ensure_hours, ensure_hours_around
from pipelines.engagement.loops import CLOSE
from tests.factories.engagement import event, frame

ONE = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
FIRST = datetime(2026, 11, 1, 19, tzinfo=UTC)  # a day of the market begins
STOPPED = FIRST + 26 * ONE + 11 * MINUTE
BACK = STOPPED + 30 * ONE


def put(opened: Transaction, events: list[dict[str, Any]], supplement: int | None = None) -> None:
    rows = frame(events)
    with opened() as session:
        if supplement is None:
            ensure_hours(session, rows["hour"])
            copy_frame(session, "engagement_events", rows)
        else:
            copy_frame(session, "engagement_late_events", rows.with_columns(supplement=supplement))


def all_turns(opened: Transaction, storage: Storage, now: datetime) -> list[ClosingResult]:
    """Take turns until none says that more waits."""
    turns = [close_due(opened, storage, now)]
    while turns[-1].more:
        turns.append(close_due(opened, storage, now))
    return turns


def views(opened: Transaction, day: date) -> int:
    query = "SELECT views FROM engagement_aggregates WHERE grain = 'day' AND dimension = 'all' AND starts = :starts"
    with opened() as session:
        return session.scalar(text(query), {"starts": start_of(day)}) or 0


def test_after_thirty_stopped_hours_each_missing_or_touched_hour_and_no_other_is_counted_once_then_its_day(
    opened: Transaction, storage: Storage
) -> None:
    with opened() as session:
        ensure_hours(session, [FIRST])
        ensure_hours_around(session, STOPPED)
    put(opened, [event(number + 1, at=FIRST + number * ONE) for number in range(26)])
    before = all_turns(opened, storage, STOPPED)
    assert [hour for turn in before for hour in turn.hours] == [FIRST + number * ONE for number in range(26)]
    assert [day for turn in before for day in turn.days] == [date(2026, 11, 2)]

    touched = [FIRST, FIRST + 7 * ONE, FIRST + 24 * ONE]
    late = [event(100 + number, at=hour, after_close=True) for number, hour in enumerate(touched)]
    put(opened, [{**each, "received_at": BACK - 20 * ONE} for each in late], supplement=1)
    put(opened, [event(200, at=FIRST + 30 * ONE)])
    with opened() as session:
        ensure_hours_around(session, BACK)
    turns = all_turns(opened, storage, BACK)
    missing = [FIRST + (26 + number) * ONE for number in range(30)]
    assert all(len(turn.hours) <= (PACE.hours or 0) for turn in turns)
    assert sorted(hour for turn in turns for hour in turn.hours) == sorted(touched + missing)
    assert [day for turn in turns for day in turn.days] == [date(2026, 11, 2), date(2026, 11, 3)]
    assert (views(opened, date(2026, 11, 2)), views(opened, date(2026, 11, 3))) == (24 + 2, 2 + 1 + 1)

    (again,) = all_turns(opened, storage, BACK + MINUTE)
    assert (again.hours, again.days, again.refused) == ((), (), ())
    assert again.compacted.closed + again.compacted.written + again.compacted.supplements == 0


def test_late_events_are_gathered_for_ten_minutes_before_their_hour_is_counted_anew(
    opened: Transaction, storage: Storage
) -> None:
    put(opened, [event(1, at=FIRST)])
    now = FIRST + ONE + 10 * MINUTE
    assert close_due(opened, storage, now - timedelta(microseconds=1)).hours == ()
    assert close_due(opened, storage, now).hours == (FIRST,)
    put(opened, [event(2, at=FIRST, received_at=now, after_close=True)], supplement=1)
    assert close_due(opened, storage, now + 9 * MINUTE).hours == ()
    assert close_due(opened, storage, now + 10 * MINUTE).hours == (FIRST,)


def test_partition_that_a_reader_holds_is_dropped_later_and_holds_up_nothing(
    opened: Transaction, storage: Storage, session_factory: SessionFactory
) -> None:
    put(opened, [event(1, at=FIRST)])
    now = FIRST + ONE + 10 * MINUTE
    with session_factory() as reader:
        assert reader.scalar(text("SELECT count(*) FROM engagement_events")) == 1
        began = time.monotonic()
        result = close_due(opened, storage, now)
        put(opened, [event(2, at=FIRST + ONE)])  # writers go on beside the reader
        assert time.monotonic() - began < 10
    assert (result.compacted.dropped, result.compacted.held, result.hours) == (0, 1, (FIRST,))
    assert close_due(opened, storage, now + MINUTE).compacted.dropped == 1


def test_loop_closes_and_counts_without_being_asked(
    opened: Transaction, session_factory: SessionFactory, settings: Settings, storage: Storage
) -> None:
    put(opened, [event(1, at=FIRST)])
    stop = threading.Event()
    worker = Worker(Platform(settings, session_factory, storage), [CLOSE], stop)
    thread = threading.Thread(target=worker.run, name="worker")
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while views(opened, date(2026, 11, 2)) != 1 and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    assert views(opened, date(2026, 11, 2)) == 1
