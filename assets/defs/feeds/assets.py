"""Register files and parse rows: nothing here is visible to anyone outside yet."""

from dataclasses import asdict

import dagster as dg

from assets.freshness import DAILY
from assets.keys import FEED_FILES, FEED_ROWS
from assets.metadata import INBOX_FINGERPRINT, counts
from assets.pipeline_asset import pipeline_asset
from core.clock import utc_now
from core.db.session import transaction
from core.platform import Platform
from pipelines.feeds.deliveries.inbox import inbox_fingerprint, register_inbox
from pipelines.feeds.readers.limits import limits_of
from pipelines.imports.parsed.staging import parse_pending


@pipeline_asset(
    FEED_FILES,
    kinds={"postgres", "s3"},
    freshness=DAILY,
    description="Every file that dealers delivered: digest, dealer, mapping, time of arrival. The bytes stand "
    "unchanged in object storage; a file that is registered twice is registered once.",
)
def feed_files(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Register what landed in the inbox since the last run."""
    inbox = platform.settings.inbox
    fingerprint = inbox_fingerprint(inbox)  # before reading: what lands meanwhile must look new to the sensor
    with transaction(platform.sessions) as session:
        report = register_inbox(session, platform.storage, inbox, utc_now())
    return dg.MaterializeResult(metadata=counts(asdict(report)) | {INBOX_FINGERPRINT: fingerprint})


@pipeline_asset(
    FEED_ROWS,
    deps=[FEED_FILES],
    kinds={"polars", "parquet"},
    freshness=DAILY,
    description="The rows of every pending file, read and normalised by the dealer's mapping; rows that break a row "
    "rule are set aside with a code, the column and the value.",
)
def feed_rows(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Parse all pending files in one go: one run takes many files."""
    with transaction(platform.sessions) as session:
        report = parse_pending(session, platform.storage, limits_of(platform.settings))
    return dg.MaterializeResult(metadata=counts(asdict(report)))
