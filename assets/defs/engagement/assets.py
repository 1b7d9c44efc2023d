"""Write files of closed hours, and count hours and days; one run takes any range of partitions."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

import dagster as dg

from assets.defs.engagement.partitions import DAYS, HOURS, WHEN_TOUCHED, days_of, hour_key, hours_of
from assets.freshness import TWO_HOURS
from assets.keys import COUNTED_UNTIL, DAILY_COUNTS, EVENT_FILES, FUNNELS, HOURLY_COUNTS
from assets.metadata import counts, table
from assets.pipeline_asset import pipeline_asset
from assets.plots import traffic_plot
from core.clock import utc_now
from core.db.session import transaction
from core.platform import Platform
from pipelines.engagement.aggregates.ranges import count_days, count_hours
from pipelines.engagement.cold.compacting import compact
from pipelines.engagement.days import DayRange, day_of
from pipelines.engagement.funnels import write_funnels
from pipelines.engagement.watching import counted_otherwise, counted_until, files_by_hour, views_by_hour

_ONE_RUN = dg.BackfillPolicy.single_run()
_OLD_ONES = {"freshness_reason": "A backfill of an old partition would make it fresh: see engagement/counted_until."}
_ONCE = dg.AssetCheckSpec(
    "every_event_is_counted_once",
    asset=HOURLY_COUNTS,
    blocking=True,
    description="In every hour of this run: events in files = different (device, id) pairs = events counted = the sum.",
)
_HOUR = timedelta(hours=1)
_MOST_SHOWN = 20


@pipeline_asset(
    EVENT_FILES,
    kinds={"parquet"},
    freshness=None,
    metadata=_OLD_ONES,
    partitions_def=HOURS,
    backfill_policy=_ONE_RUN,
    description="The events of a closed hour as Parquet files of object storage, listed in `engagement_files`. The loop"
    " `engagement.close` of `automart work` writes them, and the sensor `hours_closed` reports them here.",
)
def event_files(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Do what is due of closing, writing and merging; what is there stays, byte for byte."""
    result = compact(partial(transaction, platform.sessions), platform.storage, utc_now())
    hours = hours_of(context.partition_keys)
    with transaction(platform.sessions) as session:
        there = {each.hour: each.events for each in files_by_hour(session, hours[0], hours[-1] + _HOUR)}
    for hour, key in zip(hours, context.partition_keys, strict=True):
        context.add_asset_metadata({"events": there.get(hour, 0)}, partition_key=key)
    return dg.MaterializeResult(metadata=counts(result.as_dict()))


@pipeline_asset(
    HOURLY_COUNTS,
    deps=[EVENT_FILES],
    kinds={"polars", "postgres"},
    freshness=None,
    metadata=_OLD_ONES,
    partitions_def=HOURS,
    backfill_policy=_ONE_RUN,
    automation_condition=WHEN_TOUCHED,
    check_specs=[_ONCE],
    description="What shoppers did in an hour, by listing, dealer, branch, model, city, channel and source. The same "
    "files are never counted twice; an hour whose events are incomplete keeps its rows, and the run fails.",
)
def hourly_counts(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Count the hours of the run, each from all its files."""
    hours = hours_of(context.partition_keys)
    result = count_hours(partial(transaction, platform.sessions), platform.storage, hours, utc_now())
    for hour, events in result.events.items():
        context.add_asset_metadata({"events": events}, partition_key=hour_key(hour))
    whole = [hour for hour in hours if hour not in result.refused]
    with transaction(platform.sessions) as session:
        problems = counted_otherwise(session, platform.storage, whole)
    if result.refused:
        raise dg.Failure(" ".join(result.refused.values()), allow_retries=False)
    facts = {"counted": len(result.counted), "unchanged": len(result.unchanged)}
    plot = {"views_by_hour": _plot(platform, day_of(hours[-1]))}
    yield dg.MaterializeResult(metadata=counts(facts) | plot)
    said = " ".join(problems) or f"{len(whole)} hours agree."
    yield dg.AssetCheckResult(check_name=_ONCE.name, passed=not problems, description=said)


@pipeline_asset(
    DAILY_COUNTS,
    deps=[HOURLY_COUNTS],
    kinds={"polars", "postgres"},
    freshness=None,
    metadata=_OLD_ONES,
    partitions_def=DAYS,
    backfill_policy=_ONE_RUN,
    automation_condition=WHEN_TOUCHED,
    description="What shoppers did on a day of the market (Asia/Karachi), made of its 24 counted hours; visitors and "
    "sessions are distinct ones over the whole day.",
)
def daily_counts(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Count the days of the run from their hours."""
    days = days_of(context.partition_keys)
    result = count_days(partial(transaction, platform.sessions), days, utc_now())
    if result.waiting:
        raise dg.Failure(
            f"Hours of {', '.join(map(str, result.waiting))} are open or not counted.", allow_retries=False
        )
    for day, events in result.events.items():
        context.add_asset_metadata({"events": events}, partition_key=day.isoformat())
    facts = {"counted": len(result.counted), "unchanged": len(result.unchanged)}
    return dg.MaterializeResult(metadata=counts(facts) | {"views_by_hour": _plot(platform, days[-1])})


@pipeline_asset(
    FUNNELS,
    deps=[DAILY_COUNTS],
    kinds={"polars", "parquet"},
    freshness=None,
    metadata=_OLD_ONES,
    partitions_def=DAYS,
    backfill_policy=_ONE_RUN,
    automation_condition=WHEN_TOUCHED,
    description="How many shoppers came from search to view, contact, lead, deposit and sale in the 30 days that end"
    " with a day, by dealer, model, city and source, with percentiles of the seconds: one Parquet file a day. Events"
    " that come late for a day are in the files of later days once those are made.",
)
def funnels(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Write the funnels of the run's days from the kept events."""
    for key, day in zip(context.partition_keys, days_of(context.partition_keys), strict=True):
        with transaction(platform.sessions) as session:
            file = write_funnels(session, platform.storage, day)
        dealers = file.rows.filter(by="dealer").drop("by").head(_MOST_SHOWN).to_dicts()
        context.add_asset_metadata({"file": file.key, "dealers": table(dealers)}, partition_key=key)
    return dg.MaterializeResult(metadata={"days": len(context.partition_keys)})


@pipeline_asset(
    COUNTED_UNTIL,
    deps=[HOURLY_COUNTS],
    kinds={"postgres"},
    freshness=TWO_HOURS,
    output_required=False,
    description="The end of the newest hour that is counted. It exists anew only when the hour that should be counted "
    "by now is, so that counting old hours never makes it look fresh.",
)
def counted_until_now(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> Iterator[dg.MaterializeResult[None]]:
    """Materialise nothing while the newest closed hour is missing."""
    with transaction(platform.sessions) as session:
        until = counted_until(session, utc_now())
    if until is None:
        context.log.warning("The newest hour that should be closed is not counted: is `automart work` running?")
        return
    yield dg.MaterializeResult(metadata={"until": until.isoformat()})


def _plot(platform: Platform, day: date) -> dg.MetadataValue:
    days = DayRange(day, day)
    week = timedelta(days=7)
    with transaction(platform.sessions) as session:
        now = views_by_hour(session, days.start, days.end)
        before = views_by_hour(session, days.start - week, days.end - week)
    hours = days.hours()
    return traffic_plot([now.get(hour) for hour in hours], [before.get(hour - week) for hour in hours], day)
