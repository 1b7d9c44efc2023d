"""Take in files from the network: read addresses every hour, and import uploads as they arrive."""

from datetime import timedelta
from hashlib import sha256

import dagster as dg

from assets.keys import DOMAIN_TAG
from assets.metadata import counts
from assets.retries import next_attempt
from assets.schedules import scheduled
from core.clock import utc_now
from core.db.session import transaction
from core.platform import Platform, open_platform
from pipelines.feeds.deliveries.register import pending_files
from pipelines.feeds.mail.maildir import take_mail
from pipelines.feeds.pull.pull import pull_sources

_SETTLED = timedelta(seconds=20)
"""Files registered by a run that goes on to import them are pending for a moment; they need no run of their own."""


@dg.op(description="Read every feed source once. A source that fails is a warning: the others' files go on.")
def pull_feed_sources(context: dg.OpExecutionContext, platform: dg.ResourceParam[Platform]) -> None:
    """Register what is new at the dealers' addresses."""
    report = pull_sources(platform.sessions, platform.storage, platform.settings, utc_now())
    for source in report.sources:
        if source.status == "failed":
            context.log.warning("%s %s: %s", source.dealer, source.url, source.message)
    context.add_output_metadata(counts(report.counts()))


@dg.op(description="Take the stock lists out of dealers' mail. One that delivers nothing is a warning.")
def take_feed_mail(context: dg.OpExecutionContext, platform: dg.ResourceParam[Platform]) -> None:
    """Deliver what waits in the maildir."""
    report = take_mail(platform.sessions, platform.storage, platform.settings, utc_now())
    for mail in report.mails:
        if mail.status in ("refused", "left"):
            context.log.warning("mail %s of %s: %s (%s)", mail.mail, mail.dealer, mail.message, mail.code)
    context.add_output_metadata(counts(report.counts()))


@dg.job(
    tags={DOMAIN_TAG: "feeds"},
    executor_def=dg.in_process_executor,
    description="Fetch the files that dealers keep for us on servers or sent by mail; the next feeds run imports them.",
)
def feeds_pull() -> None:
    """Run both steps; the job `dealer_feeds` does the imports."""
    pull_feed_sources()
    take_feed_mail()


feeds_pulled_hourly = scheduled(
    name="feeds_pulled_hourly",
    job=feeds_pull,
    cron_schedule="52 * * * *",  # a quarter of an hour before dealer_feeds_hourly
    description="Asks each dealer's server whether its file changed; most answer that it did not.",
)


@dg.sensor(
    job_name="dealer_feeds",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts one run for all files that were uploaded or pulled and wait to be imported.",
)
def feed_files_waiting(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Ask for one run for the files that wait now; a set that a run left undecided is tried again ever more rarely."""
    with open_platform() as platform, transaction(platform.sessions) as session:
        settled = utc_now() - _SETTLED
        waiting = sorted(str(file.id) for file in pending_files(session) if file.received_at < settled)
    if not waiting:
        return dg.SkipReason("No file waits.")
    context.log.info("%s files wait to be imported.", len(waiting))
    return next_attempt(context.instance, "dealer_feeds", sha256(" ".join(waiting).encode()).hexdigest())
