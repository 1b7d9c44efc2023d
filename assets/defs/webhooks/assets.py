"""Count the deliveries of webhooks every day, and check that none is stuck or late."""

from collections.abc import Iterator

import dagster as dg

from assets.freshness import DAILY
from assets.keys import DELIVERIES_DAILY
from assets.metadata import counts
from assets.pipeline_asset import pipeline_asset
from assets.plots import success_plot
from core.clock import utc_now
from core.db.session import transaction
from core.platform import Platform
from pipelines.webhooks.report import MOST_LAG, report_deliveries

_NOT_STUCK = dg.AssetCheckSpec(
    "no_delivery_is_stuck",
    asset=DELIVERIES_DAILY,
    description="No message has been due for an hour at an active webhook at which nothing at all was tried since.",
)
_TIMELY = dg.AssetCheckSpec(
    "lag_is_under_a_minute",
    asset=DELIVERIES_DAILY,
    description="95 of 100 messages of the day to webhooks that answer were first sent within a minute.",
)
_Results = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]
_OUTCOMES = ("delivered", "failed", "skipped", "waiting")


@pipeline_asset(
    DELIVERIES_DAILY,
    kinds={"postgres"},
    freshness=DAILY,
    check_specs=[_NOT_STUCK, _TIMELY],
    description="The messages of the last 24 hours to partners' webhooks, by outcome, and the share of each webhook"
    " that was acknowledged.",
)
def deliveries_daily(
    platform: dg.ResourceParam[Platform],
) -> _Results:
    """Report the deliveries of the last 24 hours, and check the queue."""
    with transaction(platform.sessions) as session:
        report = report_deliveries(session, utc_now())
    found = counts({name: report.total(name) for name in _OUTCOMES})
    shares = {each.endpoint: each.success for each in report.endpoints if each.success is not None}
    seconds = report.lag.total_seconds()
    yield dg.MaterializeResult(metadata={**found, "lag_seconds": seconds, "success": success_plot(shares)})
    yield dg.AssetCheckResult(check_name=_NOT_STUCK.name, passed=report.stuck == 0, metadata={"stuck": report.stuck})
    yield dg.AssetCheckResult(check_name=_TIMELY.name, passed=report.lag < MOST_LAG, metadata={"lag_seconds": seconds})
