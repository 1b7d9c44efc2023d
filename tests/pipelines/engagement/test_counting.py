"""Cold storage and counting on the database: exactly once, whatever comes late, twice, damaged or erased."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from random import Random
from typing import Any

import polars as pl
import pytest
from sqlalchemy import text

from core.db.session import Transaction
from core.storage import Storage
from pipelines.engagement.aggregates import storing
from pipelines.engagement.aggregates.combining import combine
from pipelines.engagement.aggregates.counting import count_day, count_hour
from pipelines.engagement.aggregates.measures import DIMENSIONS
from pipelines.engagement.aggregates.ranges import count_range
from pipelines.engagement.aggregates.storing import stored_cells, stored_rows
from pipelines.engagement.cold.compacting import KEPT, compact
from pipelines.engagement.cold.erasing import devices_in_files, erase_cold
from pipelines.engagement.cold.parquet import PREFIX
from pipelines.engagement.cold.scanning import scan_events
from pipelines.engagement.days import DayRange
from pipelines.engagement.errors import HoursWaitError, IncompleteEventsError
from tests.factories.engagement import HOUR, drawn, event

ONE = timedelta(hours=1)
DAY = date(2026, 11, 1)
DAYS = DayRange(DAY, DAY)
LATER = DAYS.end + 2 * ONE
SEALED = LATER + timedelta(hours=73)


def scanned(opened: Transaction, storage: Storage) -> pl.DataFrame:
    with opened() as session:
        return scan_events(session, storage, DAYS.start, DAYS.end).collect()


def stored(opened: Transaction, grain: str, columns: str = "views, visitors, sessions") -> list[tuple[Any, ...]]:
    query = f"SELECT {columns} FROM engagement_aggregates WHERE grain = :grain AND dimension = 'all' ORDER BY starts"
    with opened() as session:
        found = session.execute(text(query), {"grain": grain})
        return [tuple(row) for row in found]


def test_day_of_events_in_any_order_with_late_ones_is_counted_as_the_oracle_counts(
    opened: Transaction, storage: Storage, put: Callable[..., None]
) -> None:
    events = drawn(7, 400, hours=6)
    Random(7).shuffle(events)
    put(events[:300])
    compact(opened, storage, LATER)
    count_range(opened, storage, DAYS, LATER)
    put(events[300:350], supplement=1)
    compact(opened, storage, LATER)
    put(events[350:], supplement=2)
    result = compact(opened, storage, LATER)
    assert result.supplements > 0
    assert result.closed == 0
    counted = count_range(opened, storage, DAYS, LATER)
    assert (counted.days, counted.waiting_days, counted.refused) == (1, [], [])

    views = [each for each in events if each["type"] == "listing_view" and each["mark"] == "none"]
    devices = {each["device"] for each in views} - {0}
    sessions = {each["session"] for each in views} - {None}
    assert stored(opened, "day") == [(len(views), len(devices), len(sessions))]
    assert sum(row[0] for row in stored(opened, "hour")) == len(views)
    late = sum(each["after_close"] for each in events)
    assert stored(opened, "day", "late_after_close, events") == [(late, 400)]
    assert sorted(scanned(opened, storage)["event_id"]) == sorted(each["event_id"] for each in events)


def test_second_run_and_two_runs_at_once_change_nothing_and_write_the_same_bytes(
    opened: Transaction, storage: Storage, put: Callable[..., None]
) -> None:
    put(drawn(3, 100, hours=2))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: compact(opened, storage, LATER), range(2)))
        list(pool.map(lambda _: count_range(opened, storage, DAYS, LATER), range(2)))
    keys = list(storage.keys(PREFIX))
    before = stored(opened, "day"), stored(opened, "hour")
    again = compact(opened, storage, LATER)
    assert (again.closed, again.written, again.dropped, again.swept) == (0, 0, 0, 0)
    counted = count_range(opened, storage, DAYS, LATER)
    assert (counted.hours, counted.days, counted.unchanged_hours, counted.unchanged_days) == (0, 0, 2, 1)
    assert list(storage.keys(PREFIX)) == keys
    assert (stored(opened, "day"), stored(opened, "hour")) == before


def test_rows_leave_the_database_only_after_the_file_was_read_back(
    opened: Transaction, storage: Storage, put: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    put([event(1)])
    with monkeypatch.context() as broken:
        broken.setattr(storage, "get", lambda key: b"torn")
        with pytest.raises(Exception, match="reads back"):
            compact(opened, storage, LATER)
    with opened() as session:
        assert session.scalar(text("SELECT count(*) FROM engagement_events")) == 1
    compact(opened, storage, LATER)
    assert scanned(opened, storage).height == 1
    with opened() as session:
        assert session.scalar(text("SELECT count(*) FROM engagement_events")) == 0


def test_object_that_a_killed_run_left_is_no_event_and_is_deleted(
    opened: Transaction, storage: Storage, put: Callable[..., None]
) -> None:
    put([event(1)])
    compact(opened, storage, LATER)
    (key,) = storage.keys(PREFIX)
    storage.put(key.replace("0000-", "0001-"), storage.get(key))
    assert scanned(opened, storage).height == 1
    assert compact(opened, storage, LATER).swept == 1
    assert list(storage.keys(PREFIX)) == [key]


def test_sealed_hour_is_merged_into_one_file_and_counted_no_second_time(
    opened: Transaction, storage: Storage, put: Callable[..., None]
) -> None:
    put([event(1)])
    compact(opened, storage, LATER)
    put([event(2, device=2)], supplement=1)
    compact(opened, storage, LATER)
    count_range(opened, storage, DAYS, LATER)
    put([event(3, device=3)], supplement=2)  # it came just before the hour is sealed
    result = compact(opened, storage, SEALED)
    assert (result.supplements, result.merged, len(list(storage.keys(PREFIX)))) == (1, 1, 1)
    count_range(opened, storage, DAYS, SEALED)
    assert stored(opened, "day") == [(3, 3, 1)]
    assert scanned(opened, storage).height == 3
    with opened() as session:
        assert session.scalar(text("SELECT count(*) FROM engagement_late_events")) == 0


@pytest.mark.parametrize("damage", ["missing", "changed", "expired"])
def test_hour_with_incomplete_events_is_refused_and_keeps_its_rows(
    opened: Transaction, storage: Storage, put: Callable[..., None], damage: str
) -> None:
    put([event(1), event(2, device=2, at=HOUR + ONE)])
    compact(opened, storage, LATER)
    count_range(opened, storage, DAYS, LATER)
    before = stored(opened, "hour"), stored(opened, "day")
    (key, *_) = storage.keys(PREFIX)
    now = LATER
    if damage == "missing":
        storage.delete(key)
    elif damage == "changed":
        storage.put(key, b"other")
    else:
        now = LATER + KEPT + timedelta(days=2)
        assert compact(opened, storage, now).expired == 2
        assert stored(opened, "hour", "visitor_sketch") == [(None,), (None,)]
    result = count_range(opened, storage, DAYS, now)
    assert len(result.refused) == (2 if damage == "expired" else 1)
    assert (stored(opened, "hour"), stored(opened, "day")) == before


def test_erased_device_leaves_files_and_counts_even_where_an_hour_becomes_empty(
    opened: Transaction, storage: Storage, put: Callable[..., None]
) -> None:
    put([event(1, device=77), event(2, device=77, at=HOUR + ONE), event(3, device=5, at=HOUR + ONE)])
    compact(opened, storage, LATER)
    put([event(4, device=5, person=9)], supplement=1)
    compact(opened, storage, LATER)
    count_range(opened, storage, DAYS, LATER)
    with opened() as session:
        assert devices_in_files(session, storage, 9) == {5: False}
        assert erase_cold(session, storage, {77}, {9}, LATER) == 3
        session.execute(text("INSERT INTO engagement_erasures VALUES ('person', 9, :at)"), {"at": LATER})
    put([event(5, person=9)], supplement=2)  # a replay that came in between
    compact(opened, storage, LATER)
    count_range(opened, storage, DAYS, LATER)
    assert stored(opened, "day") == [(1, 1, 1)]
    assert stored(opened, "hour") == [(1, 1, 1)]
    rows = pl.concat([pl.read_parquet(storage.get(key)) for key in storage.keys(PREFIX)])
    assert rows["device"].to_list() == [5]
    assert rows["person"].null_count() == 1


def test_day_waits_for_its_open_and_uncounted_hours(
    opened: Transaction, storage: Storage, put: Callable[..., None]
) -> None:
    put([event(1), event(2, at=HOUR + ONE)])
    compact(opened, storage, LATER)
    assert count_hour(opened, storage, HOUR, LATER) is not None
    assert count_hour(opened, storage, HOUR + 5 * ONE, LATER) is None
    with pytest.raises(HoursWaitError, match="1 hours"):
        count_day(opened, DAY, LATER)
    count_hour(opened, storage, HOUR + ONE, LATER)
    counted = count_day(opened, DAY, LATER)
    assert counted is not None
    assert counted.events == 2


def test_scan_over_a_missing_file_fails_instead_of_leaving_events_out(
    opened: Transaction, storage: Storage, put: Callable[..., None]
) -> None:
    put([event(1)])
    compact(opened, storage, LATER)
    storage.delete(next(iter(storage.keys(PREFIX))))
    with pytest.raises((IncompleteEventsError, pl.exceptions.ComputeError), match="missing"):
        scanned(opened, storage)


def test_day_stands_for_its_hours_until_one_of_them_is_counted_otherwise(
    opened: Transaction, storage: Storage, put: Callable[..., None]
) -> None:
    def read() -> tuple[set[str], int]:
        query = (
            "SELECT p.grain, sum(a.views) AS views FROM engagement_counted_parts(:first, :until) p"
            " JOIN engagement_aggregates a USING (grain, starts) WHERE a.dimension = 'all' GROUP BY p.grain"
        )
        with opened() as session:
            rows = session.execute(text(query), {"first": DAYS.start, "until": DAYS.end}).all()
        return {row.grain for row in rows}, int(sum(row.views for row in rows))

    put([event(1), event(2, at=HOUR + ONE)])
    compact(opened, storage, LATER)
    count_range(opened, storage, DAYS, LATER)
    assert read() == ({"day"}, 2)
    put([event(3)], supplement=1)
    compact(opened, storage, LATER + ONE)
    count_hour(opened, storage, HOUR, LATER + ONE)
    assert read() == ({"hour"}, 3)
    assert count_day(opened, DAY, LATER + ONE) is not None
    assert read() == ({"day"}, 3)
    compact(opened, storage, SEALED)  # merges the same events into one file
    count_hour(opened, storage, HOUR, SEALED)
    assert read() == ({"day"}, 3)


def test_day_whose_only_events_were_erased_is_counted_as_empty(
    opened: Transaction, storage: Storage, put: Callable[..., None]
) -> None:
    put([event(1, device=77)])
    compact(opened, storage, LATER)
    count_range(opened, storage, DAYS, LATER)
    with opened() as session:
        erase_cold(session, storage, {77}, set(), LATER)
    result = count_range(opened, storage, DAYS, LATER)
    assert (result.hours, result.days, result.refused) == (1, 1, [])
    assert stored(opened, "day") == []


def test_rows_of_a_cell_are_read_together(
    opened: Transaction, storage: Storage, put: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(drawn(5, 300, hours=6))
    compact(opened, storage, LATER)
    count_range(opened, storage, DAYS, LATER)
    whole = [HOUR + number * ONE for number in range(6)]
    with opened() as session:
        expected = stored_rows(session, "hour", whole, DIMENSIONS)
        monkeypatch.setattr(storing, "_AT_ONCE", 7)
        parts = list(stored_cells(session, "hour", whole, DIMENSIONS))
    assert len(parts) > 5
    together = pl.concat([combine(part) for part in parts])
    assert together.equals(combine(expected))  # sorted alike
    assert pl.concat(parts).equals(expected)
    cells = [set(part.select("dimension", "key", "org_id").iter_rows()) for part in parts]
    assert sum(map(len, cells)) == len(set().union(*cells))
