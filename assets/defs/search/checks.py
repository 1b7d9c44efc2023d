"""Check the index after a sync."""

from dataclasses import asdict

import dagster as dg

from assets.keys import INDEXED_RATINGS, LISTING_INDEX
from assets.metadata import counts
from core.db.session import transaction
from core.platform import Platform
from core.search.factory import open_search_engine
from core.search.following import index_lag
from pipelines.search.audit import index_report

_LONGEST_WAIT = 120.0  # seconds


@dg.asset_check(
    asset=LISTING_INDEX,
    description="The index holds every live listing and no other, for visitors and for operators, and is set up as "
    "this version sets it up.",
)
def index_holds_exactly_the_live_listings(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Compare the counts of table and index. A change that commits in between shows as lag, not as a failure."""
    with transaction(platform.sessions) as session:
        report = index_report(session, open_search_engine(platform.settings))
    return dg.AssetCheckResult(
        passed=(report.in_step or report.lag > 0) and not report.settings_problems, metadata=counts(asdict(report))
    )


@dg.asset_check(
    asset=INDEXED_RATINGS,
    description="No committed change waits longer than two minutes for the index: the follower (`automart work`) needs "
    "a second, so it is not running, or cannot write. `lag` and `lag_seconds` are the metric to plot.",
)
def index_is_not_behind(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Measure the age of the oldest change that the index has not seen."""
    with transaction(platform.sessions) as session:
        lag = index_lag(session, open_search_engine(platform.settings).index_id())
    return dg.AssetCheckResult(
        passed=lag.seconds <= _LONGEST_WAIT, metadata={"lag": lag.events, "lag_seconds": lag.seconds}
    )
