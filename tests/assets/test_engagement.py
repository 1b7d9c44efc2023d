"""Hours and days of engagement in the graph: real ticks, real runs, on an instance that keeps nothing."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial

import dagster as dg
import polars as pl
import pytest
from sqlalchemy import text

from assets.definitions import defs
from assets.defs.engagement import sensors
from assets.defs.engagement.partitions import hour_key
from assets.defs.engagement.sensors import hours_closed
from assets.keys import COUNTED_UNTIL, DAILY_COUNTS, EVENT_FILES, FUNNELS, HOURLY_COUNTS
from core.clock import utc_now
from core.db.session import SessionFactory, Transaction
from core.settings import Settings
from core.storage import Storage
from pipelines.engagement.cold.compacting import compact
from pipelines.engagement.cold.parquet import hour_prefix
from pipelines.engagement.days import DayRange, day_of, start_of
from pipelines.engagement.hours import ensure_hours
from tests.factories.engagement import emptied_hours, event, put_events

ONE = timedelta(hours=1)
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
JOBS = {
    HOURLY_COUNTS: "engagement_hours", DAILY_COUNTS: "engagement_days", FUNNELS: "engagement_funnels",
    COUNTED_UNTIL: "engagement_position",
}  # fmt: skip
_COUNTED = (HOURLY_COUNTS, DAILY_COUNTS, FUNNELS)


class Daemon:
    """Ticks the sensor and the conditions, and runs what they ask for, as the daemon does."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance, self.cursor, self.evaluated = instance, None, None
        self.defs = defs()

    def sense(self) -> list[dg.AssetKey]:
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        result = hours_closed(context)
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        for each in result.asset_events:
            self.instance.report_runless_asset_event(each)
        return [each.asset_key for each in result.asset_events]

    def asked(self, now: datetime) -> dict[dg.AssetKey, set[str]]:
        chosen = dg.AssetSelection.assets(*_COUNTED)
        result = dg.evaluate_automation_conditions(self.defs, self.instance, chosen, now, self.evaluated)
        self.evaluated = result.cursor
        found = {key: set(result.get_requested_partitions(key)) for key in _COUNTED}
        return {key: partitions for key, partitions in found.items() if partitions}

    def run(self, key: dg.AssetKey, first: str, last: str) -> dg.ExecuteInProcessResult:
        span = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
        job = self.defs.resolve_job_def(JOBS[key])
        return job.execute_in_process(QUIET, self.instance, asset_selection=[key], tags=span, raise_on_error=False)


@pytest.fixture
def opened(session_factory: SessionFactory, environment: Settings) -> Iterator[Transaction]:
    with emptied_hours(session_factory) as opened:
        yield opened


@pytest.fixture
def put(opened: Transaction) -> Callable[..., None]:
    return partial(put_events, opened)


def ends(partitions: set[str]) -> tuple[str, str]:
    return min(partitions), max(partitions)


def test_after_thirty_stopped_hours_each_missing_or_touched_hour_and_no_other_is_asked_for_once_then_its_day(
    instance: dg.DagsterInstance,
    opened: Transaction,
    put: Callable[..., None],
    storage: Storage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    daemon, now = Daemon(instance), utc_now()
    back = now.replace(minute=0, second=0, microsecond=0) - ONE
    # The sensor looks when the hour before `back` has just closed, whatever the minute of this test.
    monkeypatch.setattr(sensors, "utc_now", lambda: back + timedelta(minutes=11))
    stopped = back - 30 * ONE
    old = DayRange.of(stopped - 24 * ONE)
    first = old.start + 4 * ONE  # the platform's first event came in the middle of a day
    early = [first + number * ONE for number in range(int((stopped - first) / ONE))]
    put([event(number + 1, at=hour) for number, hour in enumerate(early)])
    compact(opened, storage, stopped + timedelta(minutes=10))
    daemon.sense()
    asked = daemon.asked(stopped + timedelta(minutes=11))
    assert {hour_key(hour) for hour in early} <= asked[HOURLY_COUNTS]
    assert daemon.run(HOURLY_COUNTS, *ends(asked[HOURLY_COUNTS])).success
    assert daemon.asked(stopped + timedelta(minutes=12)) == {key: {str(old.first)} for key in (DAILY_COUNTS, FUNNELS)}
    assert daemon.run(DAILY_COUNTS, str(old.first), str(old.first)).success
    funnels = daemon.run(FUNNELS, str(old.first), str(old.first))
    (file,) = [
        made.metadata["file"].value
        for made in funnels.asset_materializations_for_node("engagement__funnels")
        if "file" in made.metadata
    ]
    written = pl.read_parquet(storage.get(str(file))).filter(by="dealer")
    assert written.select("view", "contact").rows() == [(1, None)]

    touched = [first, first + 2 * ONE, early[-1]]
    put([event(500 + number, at=hour) for number, hour in enumerate(touched)], supplement=1)
    missing = [stopped + number * ONE for number in range(30)]
    put([event(600 + number, at=hour) for number, hour in enumerate(missing)])
    compact(opened, storage, back + timedelta(minutes=10))
    daemon.sense()
    asked = daemon.asked(now)
    assert asked == {HOURLY_COUNTS: {hour_key(hour) for hour in [*touched, *missing]}}
    assert daemon.asked(now) == {}  # asked once
    for hour in touched:
        assert daemon.run(HOURLY_COUNTS, hour_key(hour), hour_key(hour)).success
    assert daemon.run(HOURLY_COUNTS, hour_key(missing[0]), hour_key(missing[-1])).success
    days = {day for day in map(day_of, [*touched, *missing]) if start_of(day) + 24 * ONE <= back}
    assert daemon.asked(now) == {key: {str(day) for day in days} for key in (DAILY_COUNTS, FUNNELS)}
    for day in days:
        assert daemon.run(DAILY_COUNTS, str(day), str(day)).success
        assert daemon.run(FUNNELS, str(day), str(day)).success
    daemon.sense()
    assert daemon.asked(now) == {}


def test_backfill_of_an_old_hour_makes_nothing_look_fresh_and_keeps_what_is_incomplete(
    instance: dg.DagsterInstance, opened: Transaction, put: Callable[..., None], storage: Storage
) -> None:
    daemon, now = Daemon(instance), utc_now()
    newest = now.replace(minute=0, second=0, microsecond=0) - 2 * ONE
    hours = [newest - number * ONE for number in (50, 49, 0)]
    put([event(number + 1, at=hour) for number, hour in enumerate(hours)])
    compact(opened, storage, now)
    assert COUNTED_UNTIL not in daemon.sense()
    old = (hour_key(hours[0]), hour_key(hours[1]))
    result = daemon.run(HOURLY_COUNTS, *old)
    checks = {check.check_name: check.passed for check in result.get_asset_check_evaluations()}
    assert checks == {
        "every_event_is_counted_once": True, "no_hour_is_missing": False, "views_did_not_collapse": True,
    }  # fmt: skip
    (made, *_) = result.get_asset_materialization_events()
    assert "data:image/png" in str(made.materialization.metadata["views_by_hour"].value)
    assert COUNTED_UNTIL not in daemon.sense()
    position = daemon.defs.resolve_job_def("engagement_position")
    assert position.execute_in_process(QUIET, instance).get_asset_materialization_events() == []

    assert daemon.run(HOURLY_COUNTS, hour_key(newest), hour_key(newest)).success
    with opened() as session:
        ensure_hours(session, [newest + ONE])  # due within the hour at most
    made_now = position.execute_in_process(QUIET, instance).get_asset_materialization_events()
    due = (now - ONE - timedelta(minutes=30)).replace(minute=0, second=0, microsecond=0)
    assert len(made_now) == (due == newest)

    with opened() as session:
        session.execute(text("UPDATE engagement_partitions SET input_digest = 'of other files'"))
    for key in storage.keys(hour_prefix(hours[0])):
        storage.delete(key)
    result = daemon.run(HOURLY_COUNTS, *old)
    assert not result.success
    with opened() as session:
        kept = session.scalar(text("SELECT sum(views) FROM engagement_aggregates WHERE dimension = 'all'"))
    assert kept == 3
    assert instance.get_latest_materialization_event(EVENT_FILES) is not None


def test_partitions_are_hours_and_days_of_the_market() -> None:
    assert hour_key(start_of(date(2026, 11, 2))) == "2026-11-02-00:00"
