"""Check counted events as a whole: warnings for people, which hold nothing up."""

from datetime import timedelta

import dagster as dg

from assets.keys import COUNTED_UNTIL, DAILY_COUNTS, FUNNELS, HOURLY_COUNTS
from core.clock import PAKISTAN, market_today, utc_now
from core.db.session import transaction
from core.platform import Platform
from pipelines.engagement.funnels import funnels_are_written
from pipelines.engagement.watching import collapsed_views, counted_until, flooding_devices, missing_hours

_SHOWN = 24
_HOUR = timedelta(hours=1)


@dg.asset_check(
    asset=HOURLY_COUNTS,
    description="Every hour of the last 30 days that should be closed is closed, written and counted. Where one is not,"
    " `automart work` is not running or its log says why.",
)
def no_hour_is_missing(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Name the first hours that are missing."""
    with transaction(platform.sessions) as session:
        missing = missing_hours(session, utc_now())
    names = ", ".join(f"{hour:%Y-%m-%d %H:00}" for hour in missing[:_SHOWN])
    return _warned(f"{len(missing)} hours (UTC): {names}" if missing else None, "No hour is missing.")


@dg.asset_check(
    asset=HOURLY_COUNTS,
    description="The newest counted hour has at least 30 % of the views that the same hour of the four weeks before "
    "had (their median). Fewer mean a page or app that stopped sending, or sends what is rejected.",
)
def views_did_not_collapse(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Compare the newest hour that should be counted with those before."""
    with transaction(platform.sessions) as session:
        until = counted_until(session, utc_now())
        problem = collapsed_views(session, until - _HOUR) if until else None
    return _warned(problem, "As many views as before." if until else "The newest hour is not counted.")


@dg.asset_check(
    asset=DAILY_COUNTS,
    description="No device sent more events than one's count on a day (1,000 views, 20,000 events), yesterday or today."
    " What goes beyond is kept, marked `over_cap` and counts nowhere.",
)
def no_device_floods_the_counts(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Count the devices beyond their caps."""
    with transaction(platform.sessions) as session:
        floods = flooding_devices(session, market_today() - timedelta(days=1))
    return _warned(f"{floods} devices sent more than counts." if floods else None, "No device floods.")


@dg.asset_check(
    asset=FUNNELS,
    description="The newest day that has ended and is counted has its funnels. Where it has not, the daily run of "
    "engagement failed or did not start.",
)
def newest_day_has_its_funnels(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Look for the file of the day before the one that is being counted."""
    with transaction(platform.sessions) as session:
        until = counted_until(session, utc_now())
    if until is None:
        return _warned(None, "The newest hour is not counted.")
    day = until.astimezone(PAKISTAN).date() - timedelta(days=1)
    written = funnels_are_written(platform.storage, day)
    return _warned(None if written else f"{day} has no funnels.", f"{day} has its funnels.")


@dg.asset_check(asset=COUNTED_UNTIL, description="The newest hour that should be counted by now is counted.")
def counts_are_not_behind(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Look at the newest hour alone: what happens to older ones does not make this pass."""
    with transaction(platform.sessions) as session:
        until = counted_until(session, utc_now())
    return _warned(None if until else "The newest hour is not counted yet.", f"Counted until {until}.")


def _warned(problem: str | None, otherwise: str) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=problem is None, severity=dg.AssetCheckSeverity.WARN, description=problem or otherwise
    )
