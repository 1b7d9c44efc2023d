"""What must be true of the index after a sync."""

from dataclasses import asdict

import dagster as dg

from assets.keys import LISTING_INDEX
from assets.metadata import counts
from core.db.session import transaction
from core.platform import Platform
from core.search.engine import open_search_engine
from pipelines.search.audit import index_report


@dg.asset_check(
    asset=LISTING_INDEX,
    description="The index holds every live listing and no other, for visitors and for operators.",
)
def index_holds_exactly_the_live_listings(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Compare the counts of table and index. A change that commits in between shows as lag, not as a failure."""
    with transaction(platform.sessions) as session:
        report = index_report(session, open_search_engine(platform.settings))
    return dg.AssetCheckResult(passed=report.in_step or report.lag > 0, metadata=counts(asdict(report)))
