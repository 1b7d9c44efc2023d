"""The sensor that starts the feeds job when files landed in the inbox."""

import dagster as dg

from assets.keys import FEED_FILES
from assets.metadata import INBOX_FINGERPRINT
from assets.retries import next_attempt
from core.settings import load_settings
from pipelines.feeds.deliveries.inbox import inbox_fingerprint


@dg.sensor(
    job_name="dealer_feeds",
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Watches the inbox. When it has changed and then stood still for one interval, one run takes all "
    "files in it, however many they are.",
)
def feed_files_landed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for one run for everything that landed since `feed_files` was last materialised.

    An inbox that changed since the previous tick may hold a file that is still being copied: wait one interval.
    The fingerprint names the work, so a tick that is evaluated twice asks for one run, and one that was killed
    before it registered the files is followed by another.
    """
    fingerprint = inbox_fingerprint(load_settings().inbox)
    if fingerprint in ("", _last_seen(context.instance)):
        return dg.SkipReason("Nothing landed since the last run.")
    if fingerprint != context.cursor:
        context.update_cursor(fingerprint)
        return dg.SkipReason("Files are landing; waiting until the inbox stands still.")
    asked = next_attempt(context.instance, "dealer_feeds", fingerprint)
    if isinstance(asked, dg.SkipReason):
        return asked
    return dg.SensorResult(run_requests=[asked], cursor=fingerprint)


def _last_seen(instance: dg.DagsterInstance) -> str | None:
    event = instance.get_latest_materialization_event(FEED_FILES)
    if event is None or event.asset_materialization is None:
        return None
    value = event.asset_materialization.metadata.get(INBOX_FINGERPRINT)
    return str(value.value) if value is not None else None
