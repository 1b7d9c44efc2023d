"""Report closed and touched hours to Dagster, and ask for the runs that count them."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from assets.defs.engagement.partitions import START, hour_key
from assets.keys import COUNTED_UNTIL, DAILY_COUNTS, DOMAIN_TAG, EVENT_FILES, FUNNELS, HOURLY_COUNTS
from core.clock import utc_now
from core.db.session import transaction
from core.platform import open_platform
from pipelines.engagement.watching import HourFiles, counted_until, hours_written

_OVERLAP = timedelta(minutes=30)
"""Files are stamped when their writing began; what commits later than younger ones is found again by this."""
_AT_ONCE = 200


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reports hours whose files were written or touched as partitions of `engagement/event_files`, and "
    "`engagement/counted_until` when the newest hour that should be counted is.",
)
def hours_closed(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Report each hour once for each number of events: merging its files is no news."""
    now = utc_now()
    since = datetime.fromisoformat(context.cursor) if context.cursor else datetime(2000, 1, 1, tzinfo=UTC)
    with open_platform() as platform, transaction(platform.sessions) as session:
        written = [each for each in hours_written(session, since - _OVERLAP, now) if each.hour >= START]
        until = counted_until(session, now)
    reported = _reported(context.instance, written)
    news = [each for each in written if reported.get(hour_key(each.hour)) != each.events]
    events = [_materialization(each) for each in news[: _AT_ONCE * 5]]
    if until is not None and _last_until(context.instance) != until.isoformat():
        events.append(dg.AssetMaterialization(COUNTED_UNTIL, metadata={"until": until.isoformat()}))
    newest = max((each.written_at for each in written if each.written_at), default=since)
    return dg.SensorResult(asset_events=events, cursor=(newest if len(news) <= _AT_ONCE * 5 else since).isoformat())


def _materialization(files: HourFiles) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(EVENT_FILES, partition=hour_key(files.hour), metadata={"events": files.events})


def _reported(instance: dg.DagsterInstance, hours: list[HourFiles]) -> dict[str, int]:
    """Read how many events were last reported of each hour."""
    found: dict[str, int] = {}
    keys = [hour_key(each.hour) for each in hours]
    for start in range(0, len(keys), _AT_ONCE):
        of = dg.AssetRecordsFilter(EVENT_FILES, asset_partitions=keys[start : start + _AT_ONCE])
        for record in instance.fetch_materializations(of, limit=10 * _AT_ONCE).records:
            event = record.asset_materialization
            if event is not None and event.partition is not None and "events" in event.metadata:
                found.setdefault(event.partition, int(str(event.metadata["events"].value)))  # newest first
    return found


def _last_until(instance: dg.DagsterInstance) -> str | None:
    event = instance.get_latest_materialization_event(COUNTED_UNTIL)
    if event is None or event.asset_materialization is None:
        return None
    value = event.asset_materialization.metadata.get("until")
    return str(value.value) if value is not None else None


engagement_automation = dg.AutomationConditionSensorDefinition(
    name="engagement_automation",
    target=dg.AssetSelection.assets(HOURLY_COUNTS, DAILY_COUNTS, FUNNELS),
    minimum_interval_seconds=30,
    run_tags={DOMAIN_TAG: "engagement"},
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for a run of each hour that was closed or touched, then of its day. See partitions.WHEN_TOUCHED.",
)
