"""Check that the copies of feeds' photos keep up."""

from dataclasses import asdict

import dagster as dg

from assets.keys import FEED_PHOTOS
from assets.metadata import counts
from core.clock import utc_now
from core.db.session import transaction
from core.platform import Platform
from pipelines.photos.copies.state import copies_state


@dg.asset_check(
    asset=FEED_PHOTOS,
    description="No photo of a live listing has been due for more than a day: the hourly run has time for all of them.",
)
def no_photo_waits_for_a_day(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Count addresses by state, and those that are a day late."""
    with transaction(platform.sessions) as session:
        state = copies_state(session, utc_now())
    return dg.AssetCheckResult(
        passed=state.late == 0, severity=dg.AssetCheckSeverity.WARN, metadata=counts(asdict(state))
    )
